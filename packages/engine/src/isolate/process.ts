/** One isolate as the supervisor sees it: a process to start, to talk to and to end. */
import { constants } from 'node:os';
import type { Duplex, Readable } from 'node:stream';
import { GrowingBytes } from './bytes.ts';
import { FrameReader } from './frames.ts';
import type { InvokeMessage, LoadMessage, ResultMessage } from './messages.ts';
import { parseOutput, parseRequest, parseResult } from './validate.ts';
import { BLOB_BYTES, encodeHead, FrameKind, type Frame, NO_BYTES } from './wire.ts';

/** What runs an isolate: a child process, or what looks like one. */
export interface IsolateChild {
  /** The wire is number 3. */
  readonly stdio?: readonly unknown[];
  readonly stderr: Readable | null;
  /** Ends it at once. */
  kill(signal?: 'SIGKILL'): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'close', listener: (code: number | null, signal: string | null) => void): unknown;
}

export type StartIsolate = (memoryBytes: number) => IsolateChild;

/** The answer to one request: a value, or a WASI error code for an ordinary refusal. */
export type Answer =
  | { readonly value: unknown; readonly bytes?: Uint8Array | undefined }
  | { readonly error: string };

/** Answers the isolate's requests, at once or later; anything that it throws ends the isolate. */
export interface RequestHandler {
  request(op: string, args: readonly unknown[], bytes: Uint8Array): Answer | Promise<Answer>;
}

/** How an invocation ended, as far as the isolate's process can tell. */
export type End =
  | { kind: 'result'; result: ResultMessage; text: Uint8Array }
  | { kind: 'stopped'; reason: StopReason }
  | { kind: 'died'; exitCode: number | null; signal: string | null; lastWords: string }
  | { kind: 'protocol'; message: string };

export type StopReason = 'timeout' | 'cancelled' | 'output-limit' | 'closed' | 'abandoned';

export interface Invocation {
  readonly message: InvokeMessage;
  readonly blob: Uint8Array;
  readonly outputLimit: number;
  readonly handler: RequestHandler;
}

export interface Finished {
  readonly end: End;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
}

/** What is kept of an isolate's own stderr: V8's last words before an abort. */
const LAST_WORDS_BYTES = 4096;

interface Running {
  readonly invocation: Invocation;
  readonly output: Record<1 | 2, GrowingBytes>;
  readonly text: GrowingBytes;
  outputLeft: number;
  readonly finish: (finished: Finished) => void;
}

/** An invocation under way. */
export interface Started {
  readonly finished: Promise<Finished>;
  /** Resolves when the isolate is idle again, or gone. */
  readonly settled: Promise<void>;
}

/** After its result, an isolate is `settling` until it says that nothing of the invocation is left to run. */
type State = 'starting' | 'loading' | 'idle' | 'running' | 'asking' | 'settling' | 'gone';

export class IsolateProcess {
  readonly #child: IsolateChild;
  readonly #wire: Duplex | undefined;
  readonly #reader = new FrameReader();
  #state: State = 'starting';
  #running: Running | undefined;
  #settled: PromiseWithResolvers<void> | undefined;
  #stop: StopReason | undefined;
  #violation: string | undefined;
  #lastWords = '';
  #loaded = Promise.withResolvers<void>();
  readonly #exited = Promise.withResolvers<void>();
  /** Invocations that this process has finished. */
  served = 0;

  /** @param start starts it in its layers; tests put an attacker in its place */
  constructor(
    memoryBytes: number,
    load: { message: LoadMessage; blob: Uint8Array },
    start: StartIsolate,
  ) {
    this.#child = start(memoryBytes);
    // Without descriptors for the pipes there is no `stdio` at all; the error follows.
    this.#wire = this.#child.stdio?.[3] as Duplex | undefined;
    this.#loaded.promise.catch(() => {});
    this.#wire?.on('data', (chunk: Uint8Array) => this.#receive(chunk));
    this.#wire?.on('error', () => {}); // The exit that follows tells more.
    // An isolate that cannot be talked to is of no use, dead or alive.
    this.#wire?.on('close', () => this.#child.kill('SIGKILL'));
    this.#listen();
    this.#child.on('error', (error) => this.#gone(null, null, error.message));
    this.#child.on('close', (code, signal) =>
      this.#gone(code, signal ?? signalOf(code), this.#lastWords),
    );
    this.#send(FrameKind.load, load.message, load.blob);
  }

  get idle(): boolean {
    return this.#state === 'idle';
  }

  get busy(): boolean {
    return this.#state === 'running' || this.#state === 'asking';
  }

  get alive(): boolean {
    return this.#state !== 'gone' && this.#stop === undefined && this.#violation === undefined;
  }

  /** Resolves when the component is compiled; rejects when the process died on the way. */
  get loaded(): Promise<void> {
    return this.#loaded.promise;
  }

  /** Resolves when the process has ended and was reaped. */
  get exited(): Promise<void> {
    return this.#exited.promise;
  }

  /** Only while `idle`. */
  invoke(invocation: Invocation): Started {
    this.#state = 'running';
    this.#settled = Promise.withResolvers<void>();
    const finished = new Promise<Finished>((finish) => {
      this.#running = {
        invocation,
        output: { 1: new GrowingBytes(), 2: new GrowingBytes() },
        text: new GrowingBytes(),
        outputLeft: invocation.outputLimit,
        finish,
      };
    });
    this.#send(FrameKind.invoke, invocation.message, invocation.blob);
    return { finished, settled: this.#settled.promise };
  }

  /** Ends the process at once. What it was doing ends with `reason`. */
  stop(reason: StopReason): void {
    if (this.#state === 'gone' || this.#stop !== undefined) return;
    this.#stop = reason;
    this.#child.kill('SIGKILL');
  }

  /** Keeps the first words of its stderr; who says more than that is not listened to. */
  #listen(): void {
    const { stderr } = this.#child;
    stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(0, LAST_WORDS_BYTES);
      if (this.#lastWords.length === LAST_WORDS_BYTES) stderr.destroy();
    });
    stderr?.on('error', () => {});
  }

  #send(kind: FrameKind, message: unknown, blob: Uint8Array): void {
    this.#wire?.cork();
    this.#wire?.write(encodeHead(kind, JSON.stringify(message), blob.length));
    if (blob.length > 0) this.#wire?.write(blob);
    this.#wire?.uncork();
  }

  #receive(chunk: Uint8Array): void {
    try {
      for (const frame of this.#reader.push(chunk)) {
        if (!this.alive) return;
        this.#handle(frame);
      }
    } catch (error) {
      this.#violate(error instanceof Error ? error.message : 'malformed frame');
    }
  }

  /** The isolate broke the protocol: its realm is no longer ours. It ends; nothing else does. */
  #violate(message: string): void {
    if (!this.alive) return;
    this.#violation = message;
    this.#child.kill('SIGKILL');
  }

  #handle(frame: Frame): void {
    if (this.#state === 'starting' && frame.kind === FrameKind.ready) {
      this.#state = 'loading';
      return;
    }
    if (this.#state === 'loading' && frame.kind === FrameKind.ready) {
      this.#state = 'idle';
      this.#loaded.resolve();
      return;
    }
    if (this.#state === 'settling' && frame.kind === FrameKind.ready) {
      this.#state = 'idle';
      this.#settled?.resolve();
      return;
    }
    const running = this.#running;
    if (this.#state !== 'running' || running === undefined) {
      throw new Error(`unexpected frame of kind ${frame.kind}`);
    }
    switch (frame.kind) {
      case FrameKind.request:
        this.#answer(running, frame);
        return;
      case FrameKind.output: {
        const stream = parseOutput(frame.json);
        this.#keep(running, running.output[stream], frame.blob);
        return;
      }
      case FrameKind.resultPart:
        if (frame.blob.length === 0 || frame.blob.length > BLOB_BYTES)
          throw new Error('bad result part');
        this.#keep(running, running.text, frame.blob);
        return;
      case FrameKind.result: {
        const result = parseResult(frame.json);
        this.#state = 'settling';
        this.#running = undefined;
        this.served += 1;
        const text = running.text.copy();
        running.finish({ end: { kind: 'result', result, text }, ...captured(running) });
        return;
      }
      default:
        throw new Error(`unexpected frame of kind ${frame.kind}`);
    }
  }

  /** The isolate waits for its answer: whatever it says before that breaks the protocol. */
  #answer(running: Running, frame: Frame): void {
    // It has not read the last answer yet; answers that nobody reads would pile up here.
    if ((this.#wire?.writableLength ?? 0) > 0)
      throw new Error('request while an answer is pending');
    const { op, args } = parseRequest(frame.json);
    const answer = running.invocation.handler.request(op, args, frame.blob);
    if (!(answer instanceof Promise)) {
      this.#reply(answer);
      return;
    }
    this.#state = 'asking';
    answer.then(
      (late) => {
        if (this.#state !== 'asking') return;
        this.#state = 'running';
        this.#reply(late);
      },
      (error: unknown) => this.#violate(error instanceof Error ? error.message : 'refused'),
    );
  }

  #reply(answer: Answer): void {
    if ('error' in answer) this.#send(FrameKind.reply, { error: answer.error }, NO_BYTES);
    else this.#send(FrameKind.reply, { value: answer.value ?? null }, answer.bytes ?? NO_BYTES);
  }

  /** Keeps output within the budget, whatever the isolate's own count says. */
  #keep(running: Running, target: GrowingBytes, bytes: Uint8Array): void {
    const fits = Math.min(bytes.length, running.outputLeft);
    running.outputLeft -= fits;
    target.append(bytes.subarray(0, fits));
    if (fits < bytes.length) this.stop('output-limit');
  }

  #gone(exitCode: number | null, signal: string | null, lastWords: string): void {
    if (this.#state === 'gone') return;
    this.#state = 'gone';
    this.#wire?.destroy();
    const running = this.#running;
    this.#running = undefined;
    const end: End = this.#stop
      ? { kind: 'stopped', reason: this.#stop }
      : this.#violation !== undefined
        ? { kind: 'protocol', message: this.#violation }
        : { kind: 'died', exitCode, signal, lastWords };
    this.#loaded.reject(new IsolateGone(end));
    running?.finish({ end, ...captured(running) });
    this.#settled?.resolve();
    this.#exited.resolve();
  }
}

/** What a process in a sandbox died of, as the program that waits for it says: 128 and the number of the signal. */
function signalOf(code: number | null): string | null {
  if (code === null || code <= 128) return null;
  const found = Object.entries(constants.signals).find(([, number]) => number === code - 128);
  return found ? found[0] : null;
}

/** Why `loaded` rejected. */
export class IsolateGone extends Error {
  readonly end: End;
  constructor(end: End) {
    super('the isolate ended before it was ready');
    this.end = end;
  }
}

function captured(running: Running): { stdout: Uint8Array; stderr: Uint8Array } {
  return { stdout: running.output[1].copy(), stderr: running.output[2].copy() };
}
