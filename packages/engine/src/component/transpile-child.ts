import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { SkillError } from '../errors.ts';

/** What one transpilation may cost. */
export const defaultTranspileLimits = {
  /** Wall-clock milliseconds. The largest real component known takes 2 s on a slow core. */
  wallMs: 60_000,
  /**
   * Bytes that the process may write to: its JavaScript heap and jco's linear memory together. Kept by the kernel
   * where `prlimit` is present (Linux); elsewhere only the JavaScript heap is bounded. A 12 MB component needs 1 GiB.
   */
  memoryBytes: 2 * 1024 * 1024 * 1024,
  /** Bytes of JavaScript and core modules that may come out. */
  outputBytes: 256 * 1024 * 1024,
} as const;

export type TranspileLimits = { readonly [K in keyof typeof defaultTranspileLimits]: number };

/** The modules that the process loads by URL; nothing is looked up in it. */
export interface TranspilerCode {
  /** Path of jco's bindgen. */
  readonly bindgen: string;
  /** Path of the meter's entry; without it core modules stay as they are. */
  readonly metering: string | undefined;
}

const mebibyte = 1024 * 1024;
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

/** The disposable processes, each by the file that it starts with. */
type Entry = 'transpile-process' | 'adapt-process';

function fileOf(entry: Entry): string {
  return fileURLToPath(new URL(`./${entry}.${extension}`, import.meta.url));
}

/** `prlimit` of util-linux: bounds by the kernel that Node itself cannot set. */
const prlimit = ['/usr/bin/prlimit', '/bin/prlimit'].find((path) => existsSync(path));

function nodeArguments(entry: string, limits: TranspileLimits, paths: readonly string[]): string[] {
  return [
    '--permission',
    // The sources of the engine, two levels up so that `errors.ts` beside this room is among them.
    ...[dirname(entry), ...paths].map((path) => `--allow-fs-read=${dirname(path)}/*`),
    '--no-experimental-sqlite',
    // Node 26 has it and 24 rejects the flag.
    ...(process.allowedNodeEnvironmentFlags.has('--experimental-ffi')
      ? ['--no-experimental-ffi']
      : []),
    '--no-addons',
    '--disable-sigusr1',
    '--freeze-flags-after-init',
    '--disallow-code-generation-from-strings',
    '--no-warnings',
    // JavaScript runs for less than a second: TurboFan would take more of the processors than its code gives back.
    '--no-opt',
    `--max-old-space-size=${Math.ceil(limits.memoryBytes / 2 / mebibyte)}`,
    entry,
    ...paths.map((path) => pathToFileURL(path).href),
  ];
}

function kernelLimits(limits: TranspileLimits): string[] {
  return [
    `--data=${limits.memoryBytes}`,
    // Ends the process also when this one is gone. Several threads compile, so it is more than the wall-clock time.
    `--cpu=${Math.ceil(limits.wallMs / 1000) * 4}`,
    '--core=0',
    '--fsize=0',
    '--nofile=256',
  ];
}

/** Starts the process in a session of its own, without environment, working directory or terminal of this one. */
function start(entry: Entry, limits: TranspileLimits, paths: readonly string[]): ChildProcess {
  const node = nodeArguments(fileOf(entry), limits, paths);
  const [command, args] =
    prlimit === undefined
      ? [process.execPath, node]
      : [prlimit, [...kernelLimits(limits), '--', process.execPath, ...node]];
  return spawn(command, args, {
    env: {},
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
}

function overLimit(limit: keyof TranspileLimits, allowed: number, unit: string): SkillError {
  return new SkillError(
    'TRANSPILE_LIMIT',
    `Making the component ready to run exceeded the limit "${limit}" of ${allowed} ${unit}. ` +
      'Build it smaller, or raise the limit if you trust it.',
    { details: { limit, allowed } },
  );
}

/** {@link runProcess} for the process that transpiles. */
export function runTranspiler(
  component: Uint8Array,
  limits: TranspileLimits,
  code: TranspilerCode,
): Promise<Uint8Array> {
  const paths = [code.bindgen, ...(code.metering === undefined ? [] : [code.metering])];
  return runProcess('transpile-process', component, limits, paths);
}

/**
 * Sends bytes to a new process and gives its whole answer.
 *
 * @param paths of the modules that the process loads: the only files, beside the engine's, that it can read
 * @throws SkillError `TRANSPILE_LIMIT`, or `TRANSPILE_FAILED` when the process ended by itself without an answer
 */
export function runProcess(
  entry: Entry,
  input: Uint8Array,
  limits: TranspileLimits,
  paths: readonly string[],
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const child = start(entry, limits, paths);
    const chunks: Uint8Array[] = [];
    let size = 0;
    let failure: SkillError | undefined;
    const end = (reason: SkillError): void => {
      failure ??= reason;
      child.kill('SIGKILL');
    };
    const timer = setTimeout(
      () => end(overLimit('wallMs', limits.wallMs, 'milliseconds')),
      limits.wallMs,
    );
    child.stdout?.on('data', (chunk: Uint8Array) => {
      size += chunk.byteLength;
      if (size > limits.outputBytes) end(overLimit('outputBytes', limits.outputBytes, 'bytes'));
      else chunks.push(chunk);
    });
    // The process may end before it has read everything; its exit tells why.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
    child.on('error', (cause) => {
      clearTimeout(timer);
      reject(
        new SkillError(
          'INTERNAL',
          `The transpiling process could not be started: ${cause.message}`,
          { cause },
        ),
      );
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (failure !== undefined) reject(failure);
      else if (code === 0) resolve(Buffer.concat(chunks));
      else if (signal === 'SIGXCPU') reject(overLimit('wallMs', limits.wallMs, 'milliseconds'));
      else if (signal !== null) reject(overLimit('memoryBytes', limits.memoryBytes, 'bytes'));
      else {
        const reason = `the transpiling process ended with code ${code}`;
        reject(
          new SkillError(
            'TRANSPILE_FAILED',
            `The component cannot be made ready to run: ${reason}.`,
            { details: { reason } },
          ),
        );
      }
    });
  });
}
