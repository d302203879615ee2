/** The compilers that people have: found on PATH, run without a shell, and told apart from what they say. */
import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { SkillError } from '@skill-engine/engine';

/** What a build may use and where it tells about it. */
export interface BuildContext {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What a compiler prints while it works. */
  readonly log: (text: string) => void;
}

/** The path of a program, or `undefined`. */
export async function which(
  name: string,
  environment: BuildContext['environment'],
): Promise<string | undefined> {
  const suffixes = process.platform === 'win32' ? ['.exe', '.cmd', ''] : [''];
  for (const folder of (environment['PATH'] ?? '').split(delimiter)) {
    for (const suffix of suffixes) {
      const path = join(folder, name + suffix);
      if (folder !== '' && (await isExecutable(path))) return path;
    }
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** A compiler or a part of it is not here; says what to install. */
export function missing(what: string, help: string, cause?: unknown): SkillError {
  return new SkillError('TOOLCHAIN_MISSING', `${what} is not installed. ${help}`, {
    details: { missing: what },
    cause,
  });
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, whatever that is. */
export function run(
  program: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly environment: BuildContext['environment'] },
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...options.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: false,
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      const text = (chunks: Buffer[]) => Buffer.concat(chunks).toString('utf8');
      resolve({ code: code ?? -1, stdout: text(out), stderr: text(err) });
    });
  });
}

/** Runs a compiler; its messages are the error when it fails, as `explain` tells them. */
export async function compile(
  program: string,
  args: readonly string[],
  cwd: string,
  context: BuildContext,
  explain: (text: string) => string = (text) => text,
): Promise<void> {
  const { code, stdout, stderr } = await run(program, args, {
    cwd,
    environment: context.environment,
  });
  if (code !== 0) {
    throw buildFailed(explain(`${stderr}${stdout}`.trim()) || `${program} ended with ${code}`);
  }
  if (stderr.trim() !== '') context.log(stderr);
}

export function buildFailed(problem: string, cause?: unknown): SkillError {
  return new SkillError('BUILD_FAILED', `The skill does not build:\n${problem}`, { cause });
}
