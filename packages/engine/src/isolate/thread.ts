/** An isolate as a thread of the supervisor, for trusted skills: less of a wall than a process, see `docs/internals/isolation.md`. */
import { EventEmitter } from 'node:events';
import { Duplex, type Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import type { IsolateChild } from './process.ts';
import type { ThreadWire } from './thread-channel.ts';

const ENTRY = fileURLToPath(new URL('../../dist/isolate-thread.cjs', import.meta.url));

/** JavaScript heap (MiB), as for a process. It does not bound WebAssembly memories; the meter does. */
const HEAP_MIB = 256;

/** Of the thread (MiB): what a process's main thread has. */
const STACK_MIB = 8;

/** Starts the thread. It looks like a child process: a wire, an end, and a way to force it. */
export function startThread(): IsolateChild {
  return new ThreadChild();
}

class ThreadChild extends EventEmitter implements IsolateChild {
  readonly #worker: Worker;
  readonly stdio: readonly unknown[];
  readonly stderr: Readable;

  constructor() {
    super();
    const { port1, port2 } = new MessageChannel();
    const sent = new SharedArrayBuffer(4);
    this.#worker = new Worker(ENTRY, {
      name: 'skill-isolate',
      workerData: { port: port2, sent } satisfies ThreadWire,
      transferList: [port2],
      argv: [],
      env: {},
      execArgv: [],
      stdin: false,
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB, stackSizeMb: STACK_MIB },
    });
    this.stderr = this.#worker.stderr;
    const wire = new ThreadWireStream(port1, new Int32Array(sent));
    this.stdio = [null, null, this.stderr, wire];
    let lastWords: Error | undefined;
    this.#worker.on('error', (error) => {
      lastWords = error instanceof Error ? error : new Error('the thread failed');
    });
    this.#worker.on('exit', (code) => {
      if (lastWords) this.emit('error', lastWords);
      this.emit('close', code, null);
    });
  }

  kill(): void {
    void this.#worker.terminate();
  }
}

/** The supervisor's end: a stream of bytes, so that nothing of what reads it knows about threads. */
class ThreadWireStream extends Duplex {
  readonly #port: MessagePort;
  readonly #sent: Int32Array<SharedArrayBuffer>;
  #frame: Uint8Array[] = [];

  constructor(port: MessagePort, sent: Int32Array<SharedArrayBuffer>) {
    super();
    this.#port = port;
    this.#sent = sent;
    port.on('message', (frame: Uint8Array) => this.push(frame));
  }

  override _read(): void {
    // Frames come as the thread sends them.
  }

  /** One message is one frame: a corked head and blob arrive together, a lone head is a whole frame. */
  override _writev(chunks: { chunk: Uint8Array }[], done: (error?: Error | null) => void): void {
    this.#frame = chunks.map(({ chunk }) => chunk);
    this.#post();
    done();
  }

  override _write(
    chunk: Uint8Array,
    _encoding: string,
    done: (error?: Error | null) => void,
  ): void {
    this.#frame = [chunk];
    this.#post();
    done();
  }

  #post(): void {
    this.#port.postMessage(new Uint8Array(Buffer.concat(this.#frame)));
    Atomics.add(this.#sent, 0, 1);
    Atomics.notify(this.#sent, 0);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#port.close();
    done(error);
  }
}
