/** Runs test files of JavaScript and TypeScript with Node's own test runner, each in a process of its own. */
import { stripVTControlCharacters } from 'node:util';
import { run } from 'node:test';
import type { RunnerOptions, TestOutcome } from './outcome.ts';

/** The parts of the runner's events that are used here. */
interface Event {
  readonly type: string;
  readonly data: {
    readonly name: string;
    readonly nesting: number;
    readonly file?: string;
    readonly message?: string;
    readonly skip?: string | boolean;
    readonly todo?: string | boolean;
    readonly details?: {
      readonly type?: string;
      readonly duration_ms?: number;
      readonly error?: Error & { readonly cause?: unknown };
    };
  };
}

function messageOf(data: Event['data'], output: string): string {
  const error = data.details?.error;
  const cause = error?.cause;
  const text = cause instanceof Error ? cause.message : (error?.message ?? 'failed');
  return stripVTControlCharacters(output === '' ? text : `${text}\n${output}`).trim();
}

function outcomeOf(
  { type, data }: Event,
  names: readonly string[],
  { file, output }: { readonly file: string; readonly output: string },
): TestOutcome {
  const isWhole = data.name === file;
  const name = isWhole ? 'the file' : names.join(' > ');
  const common = { file, name, durationMs: data.details?.duration_ms ?? 0 };
  if (type === 'test:fail')
    return { ...common, status: 'failed', message: messageOf(data, isWhole ? output : '') };
  // Node lets a file without a test pass; nothing was tested, though.
  if (isWhole) return { ...common, status: 'failed', message: 'There is no test in it.' };
  const reason = data.skip ?? data.todo;
  if (reason === undefined || reason === false) return { ...common, status: 'passed' };
  return { ...common, status: 'skipped', message: reason === true ? 'skipped' : reason };
}

/**
 * @param files absolute paths
 * @param resolver URL of a module that every process imports first
 */
export async function* runNodeFiles(
  files: readonly string[],
  resolver: string,
  { filter, onOutput }: RunnerOptions = {},
): AsyncGenerator<TestOutcome> {
  if (files.length === 0) return;
  const stream = run({
    files: [...files],
    execArgv: ['--import', resolver],
    ...(filter ? { testNamePatterns: filter } : {}),
  });
  const names = new Map<string, string[]>();
  const outputs = new Map<string, string>();
  for await (const { type, data } of stream as AsyncIterable<Event>) {
    const { file } = data;
    if (file === undefined) continue;
    if (type === 'test:stdout' || type === 'test:stderr') {
      onOutput?.(data.message ?? '');
      // Who gets it as it comes is not told again.
      if (!onOutput) outputs.set(file, (outputs.get(file) ?? '') + (data.message ?? ''));
    } else if (type === 'test:start') {
      const outer = (names.get(file) ?? []).slice(0, data.nesting);
      names.set(file, [...outer, data.name]);
    } else if (type === 'test:pass' || type === 'test:fail') {
      const path = [...(names.get(file) ?? []).slice(0, data.nesting), data.name];
      // A suite fails with one of its tests, which are told already.
      if (data.details?.type === 'suite' && !ownFailure(data)) continue;
      yield outcomeOf({ type, data }, path, { file, output: outputs.get(file) ?? '' });
    }
  }
}

/** Whether a suite failed by itself, as in a hook. */
function ownFailure({ details }: Event['data']): boolean {
  const error = details?.error as { failureType?: unknown } | undefined;
  return error !== undefined && error.failureType !== 'subtestsFailed';
}
