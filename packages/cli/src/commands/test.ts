import { writeFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { EXIT, escapeLines, escapeText } from '@skill-engine/engine';
import type { RunnerOptions, TestOutcome } from '@skill-engine/testing/runner';
import { type CommandLine, type FlagTable, splitArguments, usage } from '../args.ts';
import { type Paint, painter } from '../colours.ts';
import { jsonText, toJson } from '../json.ts';
import { junit } from '../junit.ts';
import { type Shell, coloured, say, write } from '../shell.ts';
import { unwritable } from '../unwritable.ts';

export const flags = {
  filter: { type: 'string' },
  update: { type: 'boolean' },
  junit: { type: 'string' },
  json: { type: 'boolean' },
} as const satisfies FlagTable;

/** Exit code 1 when a test failed. */
export async function test(args: readonly string[], shell: Shell): Promise<number> {
  const line = splitArguments(args, { verb: 'test', flags });
  const options = optionsOf(line, shell);
  // Only this verb needs it.
  const { findTests, runTests } = await import('@skill-engine/testing/runner');
  const paths = line.positionals.length > 0 ? line.positionals : ['.'];
  const files = [...new Set(paths.flatMap((path) => findTests(path)))];
  if (files.length === 0) {
    throw usage(
      'test',
      `there is no *.test.toml, *.test.js or *.test.ts under ${paths.map((path) => JSON.stringify(path)).join(', ')}`,
    );
  }
  const started = performance.now();
  const outcomes: TestOutcome[] = [];
  const paint = painter(coloured(shell, shell.stdout));
  let file: string | undefined;
  for await (const outcome of runTests(files, options)) {
    outcomes.push(outcome);
    if (line.has('json')) continue;
    if (outcome.file !== file) await write(shell.stdout, `${shown(outcome.file)}\n`);
    file = outcome.file;
    await write(shell.stdout, describe(outcome, paint));
  }
  if (outcomes.length === 0) throw usage('test', 'no test has a name that matches --filter');
  const summary = summaryOf(outcomes, performance.now() - started);
  const path = line.one('junit');
  if (path !== undefined) {
    await writeFile(path, junit(outcomes)).catch((cause: unknown) => {
      throw unwritable(path, cause);
    });
  }
  await write(shell.stdout, line.has('json') ? asJson(outcomes, summary) : told(summary, paint));
  return summary.failed === 0 ? EXIT.success : EXIT.toolFailed;
}

function optionsOf(line: CommandLine, shell: Shell): RunnerOptions {
  const pattern = line.one('filter');
  return {
    ...(line.has('update') ? { update: true } : {}),
    ...(pattern === undefined ? {} : { filter: patternOf(pattern) }),
    ...(line.has('json') ? {} : { onOutput: (text: string) => void say(shell, escapeLines(text)) }),
  };
}

function patternOf(text: string): RegExp {
  try {
    return new RegExp(text, 'u');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw usage('test', `--filter: ${why}`);
  }
}

const shown = (file: string) => escapeText(relative(resolve('.'), file) || file);

function describe({ name, status, durationMs, message }: TestOutcome, paint: Paint): string {
  const [word, colour] = (
    { passed: ['ok', 'green'], failed: ['failed', 'red'], skipped: ['skipped', 'yellow'] } as const
  )[status];
  const head = `  ${paint(word.padEnd(7), colour)}  ${escapeText(name)}  (${Math.round(durationMs)} ms)\n`;
  if (message === undefined) return head;
  const lines = escapeLines(message).split('\n');
  return head + lines.map((text) => `             ${text}`.trimEnd() + '\n').join('');
}

interface Summary {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly durationMs: number;
}

function summaryOf(outcomes: readonly TestOutcome[], durationMs: number): Summary {
  const count = (wanted: TestOutcome['status']) =>
    outcomes.filter(({ status }) => status === wanted).length;
  return {
    passed: count('passed'),
    failed: count('failed'),
    skipped: count('skipped'),
    durationMs: Math.round(durationMs),
  };
}

function told({ passed, failed, skipped, durationMs }: Summary, paint: Paint): string {
  const parts = [`${passed} passed`];
  if (failed > 0) parts.push(paint(`${failed} failed`, 'red'));
  if (skipped > 0) parts.push(`${skipped} skipped`);
  return `\n${parts.join(', ')} (${(durationMs / 1000).toFixed(1)} s)\n`;
}

function asJson(outcomes: readonly TestOutcome[], summary: Summary): string {
  const tests = outcomes.map((outcome) => ({ ...outcome, message: outcome.message ?? null }));
  return `${jsonText(toJson({ ok: summary.failed === 0, ...summary, tests }))}\n`;
}
