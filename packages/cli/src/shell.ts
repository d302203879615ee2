/** The surroundings of one command: everything that it reads or touches besides the engine. */
import { userInfo } from 'node:os';
import type { Readable, Writable } from 'node:stream';

export interface Shell {
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Name of the operating system's user. */
  readonly user: string;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back for each SIGINT, SIGTERM and SIGHUP, which then do not end the process; returns how to stop that. */
  onSignal(listener: (signal: Signal) => void): () => void;
}

export type Input = Readable & { readonly isTTY?: boolean };
export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** What ends a command from outside, with the exit code by convention: 128 and the signal's number. */
export const signalExits = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** The operator ended the command before it did anything that could be reported. */
export class Interrupted extends Error {
  readonly signal: Signal;

  constructor(signal: Signal) {
    super(`ended by ${signal}`);
    this.signal = signal;
  }
}

/** The reader of standard output went away: 128 and the number of SIGPIPE. */
export const PIPE_EXIT = 141;

export type Signal = keyof typeof signalExits;

const signals = Object.keys(signalExits) as Signal[];

export function processShell(): Shell {
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    environment: process.env,
    user: userName(),
    now: () => Date.now(),
    onSignal(listener) {
      for (const signal of signals) process.on(signal, listener);
      return () => {
        for (const signal of signals) process.off(signal, listener);
      };
    },
  };
}

/** A user without an entry in the system's list (as in some containers) is named by number. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}

/** Resolves when the text is written; a reader that went away rejects with `EPIPE`. */
export function write(output: Output, text: string): Promise<void> {
  if (text === '') return Promise.resolve();
  return new Promise((resolve, reject) => {
    output.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

/** Messages are never worth failing for: standard error may be closed. */
export async function say(shell: Shell, text: string): Promise<void> {
  try {
    await write(shell.stderr, text.endsWith('\n') ? text : `${text}\n`);
  } catch {
    // Nobody reads them.
  }
}

/** Columns of a terminal; `undefined` for files, pipes, and terminals that do not say. */
export function widthOf(output: Output): number | undefined {
  return output.isTTY === true ? output.columns || undefined : undefined;
}

/** Colours are for terminals, unless https://no-color.org is asked for. */
export function coloured(shell: Shell, output: Output): boolean {
  const { NO_COLOR, TERM } = shell.environment;
  return output.isTTY === true && !NO_COLOR && TERM !== 'dumb';
}
