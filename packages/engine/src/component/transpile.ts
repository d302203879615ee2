import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { SkillError } from '../errors.ts';
import { decodeTranspiled, type Transpiled } from './transpile-frame.ts';

/** What one transpilation may cost. */
export const defaultTranspileLimits = {
  /** Wall-clock milliseconds. The largest real component known takes 2 s on a slow core. */
  wallMs: 60_000,
  /** Bytes that the process may write to: its JavaScript heap and jco's linear memory together. */
  memoryBytes: 2 * 1024 * 1024 * 1024,
  /** Bytes of JavaScript and core modules that may come out. */
  outputBytes: 256 * 1024 * 1024,
} as const;

export type TranspileLimits = { readonly [K in keyof typeof defaultTranspileLimits]: number };

const require = createRequire(import.meta.url);
const bindgen = require.resolve('@bytecodealliance/jco-transpile/component');
const mebibyte = 1024 * 1024;
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const entry = fileURLToPath(new URL(`./transpile-process.${extension}`, import.meta.url));

/** The version of jco that is installed. */
export const jcoVersion: string = (
  JSON.parse(readFileSync(join(dirname(dirname(bindgen)), 'package.json'), 'utf8')) as {
    version: string;
  }
).version;

/** `prlimit` of util-linux: bounds by the kernel that Node itself cannot set. */
function findPrlimit(): string | undefined {
  return ['/usr/bin/prlimit', '/bin/prlimit'].find((path) => existsSync(path));
}

function nodeArguments(limits: TranspileLimits): string[] {
  const readable = [dirname(dirname(entry)), dirname(bindgen)];
  return [
    '--permission',
    ...readable.map((path) => `--allow-fs-read=${path}/*`),
    '--no-experimental-sqlite',
    ...(process.allowedNodeEnvironmentFlags.has('--experimental-ffi')
      ? ['--no-experimental-ffi']
      : []),
    '--no-addons',
    '--disable-sigusr1',
    '--freeze-flags-after-init',
    '--disallow-code-generation-from-strings',
    '--no-warnings',
    `--max-old-space-size=${Math.ceil(limits.memoryBytes / 2 / mebibyte)}`,
    entry,
    pathToFileURL(bindgen).href,
  ];
}

function start(limits: TranspileLimits): ChildProcess {
  const prlimit = findPrlimit();
  const node = nodeArguments(limits);
  const [command, args] =
    prlimit === undefined
      ? [process.execPath, node]
      : [
          prlimit,
          [
            `--data=${limits.memoryBytes}`,
            `--cpu=${Math.ceil(limits.wallMs / 1000) * 4}`,
            '--core=0',
            '--fsize=0',
            '--nofile=256',
            '--',
            process.execPath,
            ...node,
          ],
        ];
  return spawn(command, args, {
    env: {},
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
}

/**
 * Transpiles a surveyed component in a process of its own, which has no environment, no files but jco's, no network
 * and no child processes, and which ends with the answer. Whatever the component does to jco, the next call starts anew.
 *
 * @param component bytes that `surveyComponent` accepted
 * @throws SkillError `TRANSPILE_FAILED`: jco refuses the component. `TRANSPILE_LIMIT`: it cost more than `limits`
 */
export async function transpileComponent(
  component: Uint8Array,
  limits: Partial<TranspileLimits> = {},
): Promise<Transpiled> {
  const bounds = { ...defaultTranspileLimits, ...limits };
  const answer = await exchange(start(bounds), component, bounds);
  let decoded: ReturnType<typeof decodeTranspiled>;
  try {
    decoded = decodeTranspiled(answer);
  } catch (cause) {
    throw failed(cause instanceof Error ? cause.message : String(cause), cause);
  }
  if ('ok' in decoded) throw failed(decoded.message);
  return decoded;
}

function failed(reason: string, cause?: unknown): SkillError {
  const shown = reason.replace(/[^\x20-\x7e\n]/gu, '?').trim();
  return new SkillError(
    'TRANSPILE_FAILED',
    `The component cannot be made ready to run: ${shown}. Check that it is valid (\`wasm-tools validate\`) and rebuild it.`,
    cause === undefined ? { details: { reason: shown } } : { details: { reason: shown }, cause },
  );
}

function overLimit(limit: keyof TranspileLimits, allowed: number, unit: string): SkillError {
  return new SkillError(
    'TRANSPILE_LIMIT',
    `Making the component ready to run exceeded the limit "${limit}" of ${allowed} ${unit}. ` +
      'Build it smaller, or raise the limit if you trust it.',
    { details: { limit, allowed } },
  );
}

function exchange(
  child: ChildProcess,
  component: Uint8Array,
  limits: TranspileLimits,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
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
    child.stdin?.end(component);
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
      else if (signal !== null) reject(overLimit('memoryBytes', limits.memoryBytes, 'bytes'));
      else reject(failed(`its process ended with code ${code}`));
    });
  });
}
