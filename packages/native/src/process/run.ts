/** One process group, from its start to its last end. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Variables } from '../environment.ts';
import { killLeftovers, signalGroup } from './leftovers.ts';
import { Output } from './output.ts';

/** What is to be run. */
export interface ProcessPlan {
  /** Absolute path of the program and its arguments. */
  readonly argv: readonly string[];
  readonly argv0: string | undefined;
  readonly cwd: string;
  readonly env: Variables;
  readonly stdin: string;
  /** Of both streams together. */
  readonly outputBytes: number;
  readonly signal: AbortSignal;
  /** Value of the mark in its environment. */
  readonly mark: string;
}

/** How it ended. */
export interface ProcessEnd {
  readonly exitCode: number | null;
  readonly killedBy: NodeJS.Signals | null;
  readonly tooMuchOutput: boolean;
  /** It did not start. */
  readonly failure: Error | undefined;
  readonly output: Output;
}

/** Time between SIGTERM and SIGKILL, in milliseconds. */
const graceMs = 200;

function start({ argv, argv0, cwd, env, stdin }: ProcessPlan): ChildProcess {
  const [file = '', ...args] = argv;
  return spawn(file, args, {
    cwd,
    env,
    shell: false,
    // A session and a group of its own: it has no terminal, and is ended as a whole.
    detached: true,
    stdio: [stdin === '' ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    ...(argv0 === undefined ? {} : { argv0 }),
  });
}

/** Resolves when nothing of it is left that can be found. */
export async function runProcess(plan: ProcessPlan): Promise<ProcessEnd> {
  const output = new Output(plan.outputBytes);
  const end = { exitCode: null, killedBy: null, tooMuchOutput: false, output };
  if (plan.signal.aborted) return { ...end, failure: new Error('ended before it began') };
  let child: ChildProcess;
  try {
    child = start(plan);
  } catch (thrown) {
    return { ...end, failure: thrown as Error };
  }
  const closed = once(child, 'close').catch(() => {});
  const exited = new Promise<Error | undefined>((resolve) => {
    child.once('exit', () => resolve(undefined));
    child.once('error', resolve);
  });
  let timer: NodeJS.Timeout | undefined;
  let tooMuchOutput = false;
  const stop = (): void => {
    const { pid } = child;
    if (timer !== undefined || pid === undefined) return;
    signalGroup(pid, 'SIGTERM');
    timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs);
  };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.on('data', (chunk: Buffer) => {
      if (output.add(stream, chunk)) return;
      tooMuchOutput = true;
      stop();
    });
    child[stream]?.on('error', () => {});
  }
  // It need not read what it is given.
  child.stdin?.on('error', () => {});
  child.stdin?.end(String(plan.stdin));
  plan.signal.addEventListener('abort', stop, { once: true });
  const failure = await exited;
  clearTimeout(timer);
  plan.signal.removeEventListener('abort', stop);
  if (child.pid !== undefined) {
    await killLeftovers(child.pid, plan.mark);
    // What left all of it behind may still hold the pipes open.
    await Promise.race([closed, sleep(graceMs)]);
  }
  child.stdout?.destroy();
  child.stderr?.destroy();
  child.stdin?.destroy();
  const { exitCode, signalCode: killedBy } = child;
  return { exitCode, killedBy, tooMuchOutput, failure, output };
}
