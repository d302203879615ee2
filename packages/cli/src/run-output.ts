/** What `skill run` prints for people: the result on standard output, everything else on standard error. */
import { escapeLines } from '@skill-engine/engine';
import type { ExecutionResult, Skill } from '@skill-engine/engine';
import { painter } from './colours.ts';
import { denialText, failureText, summaryText, valueText } from './report.ts';
import { type Output, type Shell, coloured, say, write } from './shell.ts';

export interface TellOptions {
  /** A command's result is what it wrote to its standard output. */
  readonly isCommand: boolean;
  /** Leaves out what the guest wrote besides its result, and the summary. */
  readonly quiet: boolean;
}

/** Whether a skill's result is what it writes, and what stands after `--` are its arguments. */
export function isCommand({ shape, runtime }: Skill): boolean {
  return shape === 'command' || runtime === 'native';
}

export async function tell(
  result: ExecutionResult,
  options: TellOptions,
  shell: Shell,
): Promise<void> {
  const paint = painter(coloured(shell, shell.stderr));
  if (!options.quiet) {
    // A tool that is no command has its result apart; what it prints on the way is talk.
    const talk = options.isCommand ? result.stderr : result.stdout + result.stderr;
    if (talk !== '') await say(shell, forOutput(shell.stderr, talk));
  }
  if (result.denials.length > 0) await say(shell, denialText(result.denials, paint));
  if (!result.ok) await say(shell, failureText(result.error, paint));
  if (options.isCommand) await write(shell.stdout, forOutput(shell.stdout, result.stdout));
  else if (result.ok) {
    await write(shell.stdout, valueText(result.value, shell.stdout.isTTY === true));
  }
  if (!options.quiet) await say(shell, summaryText(result, paint));
}

/** A guest's text as it came for files and pipes, escaped for terminals. */
function forOutput(output: Output, text: string): string {
  return output.isTTY === true ? escapeLines(text) : text;
}
