/** The parameters of a command line, as far as they are known before the skill is. */
import type { JsonValue } from '@skill-engine/engine';
import { type CommandLine, usage } from './args.ts';
import type { Given } from './parameters.ts';
import type { Shell } from './shell.ts';
import { readParams, readSource } from './sources.ts';

/** Reads what `--params` and `--param-file` name. */
export async function readGiven(line: CommandLine, shell: Shell): Promise<Given> {
  return {
    base: await readBase(line, shell),
    assignments: await readAssignments(line, shell),
    flags: line.others,
    rest: line.rest,
  };
}

async function readBase(line: CommandLine, shell: Shell): Promise<JsonValue | undefined> {
  const text = line.one('params');
  return text === undefined ? undefined : readParams(text, shell);
}

async function readAssignments(
  line: CommandLine,
  shell: Shell,
): Promise<{ name: string; value: string }[]> {
  const split = (flag: string, text: string): { name: string; value: string } => {
    const at = text.indexOf('=');
    if (at > 0) return { name: text.slice(0, at), value: text.slice(at + 1) };
    throw usage('run', `--${flag} needs NAME=VALUE, found ${JSON.stringify(text)}`);
  };
  const result = line.all('param').map((text) => split('param', text));
  for (const text of line.all('param-file')) {
    const { name, value } = split('param-file', text);
    result.push({ name, value: await readSource(value, shell) });
  }
  return result;
}
