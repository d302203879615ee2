/** A shell in memory: terminals without a terminal. */
import { PassThrough, Writable } from 'node:stream';
import type { Shell, Signal } from '../../packages/cli/src/shell.ts';

export interface FakeOptions {
  readonly terminal?: boolean;
  readonly columns?: number;
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

export class FakeShell implements Shell {
  readonly stdin: PassThrough & { isTTY?: boolean };
  readonly stdout: Capture;
  readonly stderr: Capture;
  readonly environment: Readonly<Record<string, string>>;
  readonly user = 'ada';
  readonly listeners = new Set<(signal: Signal) => void>();

  constructor(options: FakeOptions = {}) {
    this.stdin = new PassThrough();
    this.stdout = new Capture(options);
    this.stderr = new Capture(options);
    this.environment = options.environment ?? { NO_COLOR: '1' };
    if (options.terminal === true) this.stdin.isTTY = true;
    if (options.input !== undefined) this.stdin.end(options.input);
  }

  now(): number {
    return Date.now();
  }

  onSignal(listener: (signal: Signal) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }
}

export class Capture extends Writable {
  readonly isTTY: boolean;
  readonly columns: number;
  text = '';

  constructor({ terminal = false, columns = 100 }: FakeOptions) {
    super();
    this.isTTY = terminal;
    this.columns = columns;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString('utf8');
    done();
    this.emit('said');
  }
}
