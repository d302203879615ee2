/** Runs the real `skill` as a process. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { leaveComponents, takeComponents } from '../support/warm.ts';
import { FakeShell, type FakeOptions } from './fake-shell.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = join(root, 'packages/cli/bin/skill.js');

const { NODE_COMPILE_CACHE = '' } = process.env;

/** Where the several hundred files that each of these processes loads are kept compiled. */
export const compileCache = { NODE_COMPILE_CACHE };

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
  readonly #warm: boolean;

  /** @param warm whether it gets components that other tests have made ready, and hands on its own */
  constructor({ warm = false }: { readonly warm?: boolean } = {}) {
    this.#warm = warm;
    if (warm) takeComponents(this.path);
  }

  start(args: readonly string[], options: Options = {}): ChildProcessWithoutNullStreams {
    const child = spawn(process.execPath, [...(options.node ?? []), bin, ...args], {
      cwd: options.cwd ?? root,
      env: {
        PATH: process.env['PATH'],
        ...compileCache,
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

  /**
   * The same command in this process, from its sources: a tenth of a second instead of a whole one, where what is asked is what
   * the command does, and not how a process begins and ends.
   */
  async inside(args: readonly string[], options: FakeOptions = {}): Promise<Omit<Ended, 'signal'>> {
    const { main } = await import('../../packages/cli/src/main.ts');
    const shell = new FakeShell(options);
    const before = process.env['SKILL_ENGINE_HOME'];
    process.env['SKILL_ENGINE_HOME'] = this.path;
    try {
      const code = await main(args, shell);
      return { code, stdout: shell.stdout.text, stderr: shell.stderr.text };
    } finally {
      if (before === undefined) delete process.env['SKILL_ENGINE_HOME'];
      else process.env['SKILL_ENGINE_HOME'] = before;
    }
  }

  /** What `--json` printed. */
  async json(args: readonly string[], options: Options = {}): Promise<Record<string, unknown>> {
    const { stdout } = await this.run([...args, '--json'], options);
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  /** The flags that accept a skill: with the digest that its refusal names, too. */
  async accept(folder: string, ...skill: string[]): Promise<string[]> {
    const { stdout } = await this.inside(['inspect', folder, ...skill, '--json']);
    const { digest } = JSON.parse(stdout) as { digest: string };
    return ['--accept', digest];
  }

  async history(...args: string[]): Promise<Record<string, unknown>[]> {
    const { stdout } = await this.inside(['history', '--json', ...args]);
    return JSON.parse(stdout) as Record<string, unknown>[];
  }

  [Symbol.dispose](): void {
    if (this.#warm) leaveComponents(this.path);
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
