/** Runs the real `skill` as a process. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = join(root, 'packages/cli/bin/skill.js');

/** V8's code of the several hundred files that each of these processes loads. */
const compileCache = join(root, 'node_modules/.cache/compiled');

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Options {
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Flags of Node itself. */
  readonly node?: readonly string[];
  readonly cwd?: string;
}

/** A state directory of its own, and `skill` in it. */
export class Home implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), 'skill-cli-'));

  start(args: readonly string[], options: Options = {}): ChildProcessWithoutNullStreams {
    const child = spawn(process.execPath, [...(options.node ?? []), bin, ...args], {
      cwd: options.cwd ?? root,
      env: {
        PATH: process.env['PATH'],
        NODE_COMPILE_CACHE: compileCache,
        SKILL_ENGINE_HOME: this.path,
        ...options.environment,
      },
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    return child;
  }

  run(args: readonly string[], options: Options = {}): Promise<Ended> {
    return ended(this.start(args, options));
  }

  /** What `--json` printed. */
  async json(args: readonly string[], options: Options = {}): Promise<Record<string, unknown>> {
    const { stdout } = await this.run([...args, '--json'], options);
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  /** The flags that accept a skill: with the digest that its refusal names. */
  async accept(...skill: string[]): Promise<string[]> {
    const { error } = await this.json(['run', ...skill]);
    const { details } = error as { details: { digest: string } };
    return ['--accept', details.digest];
  }

  async history(...args: string[]): Promise<Record<string, unknown>[]> {
    const { stdout } = await this.run(['history', '--json', ...args]);
    return JSON.parse(stdout) as Record<string, unknown>[];
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export function ended(child: ChildProcessWithoutNullStreams): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}
