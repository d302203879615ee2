/** A TCP socket that connects. The grants judge where; binding and listening don't exist. */
import type { Socket } from 'node:net';
import type { NetworkBudget } from './network-budget.ts';
import type { CredentialBroker } from './credentials.ts';
import type { Dialer } from './network-dial.ts';
import { socketCode } from './network-failure.ts';
import { BUFFER_BYTES, type ByteStream, type Interest } from './network-resource.ts';
import type { PromptReader } from './scrubbed-reader.ts';
import type { Signal } from './network-signal.ts';
import { WasiError } from './wasi-error.ts';

export interface SocketAddress {
  readonly address: string;
  readonly port: number;
}

export interface TcpOptions {
  readonly family: 4 | 6;
  readonly dialer: Dialer;
  readonly budget: NetworkBudget;
  readonly signal: Signal;
  readonly connectMs: number;
  readonly credentials?: CredentialBroker | undefined;
}

/** Keep-alive as far as the platform takes it: on or off, and the time until the first probe. */
export interface KeepAlive {
  readonly enabled: boolean;
  readonly idleMilliseconds: number;
}

const NOTHING = new Uint8Array(0);

export class TcpConnection implements ByteStream {
  readonly family: 4 | 6;
  readonly #options: TcpOptions;
  #state: 'new' | 'connecting' | 'connected' | 'taken' | 'failed' = 'new';
  #socket: Socket | undefined;
  #host = '';
  /** Kept, because a closed socket no longer knows. */
  #addresses: {
    readonly local?: SocketAddress | undefined;
    readonly remote?: SocketAddress | undefined;
  } = {};
  #failure: string | undefined;
  #keepAlive: KeepAlive = { enabled: false, idleMilliseconds: 7_200_000 };
  #closed = false;
  /** The guest has shut down its receiving half. */
  #deaf = false;
  #ended = false;
  /** Takes values of credentials out of what the guest reads. */
  readonly #reader: PromptReader | undefined;

  constructor(options: TcpOptions) {
    this.family = options.family;
    this.#options = options;
    this.#reader = options.credentials?.promptReader();
  }

  /** Connects to an address that was judged. `host` is what budgets count by. */
  connect(host: string, to: SocketAddress): void {
    if (this.#state !== 'new') throw new WasiError('invalid-state');
    this.#state = 'connecting';
    this.#host = host;
    const { dialer, connectMs, signal } = this.#options;
    const target = { host, ...to, milliseconds: connectMs, halfOpen: true };
    dialer.open(target).then(
      (socket) => this.#connected(socket),
      (error: unknown) => {
        this.#state = 'failed';
        this.#failure = socketCode(error);
        signal.wake();
      },
    );
  }

  #connected(socket: Socket): void {
    const wake = () => this.#options.signal.wake();
    this.#socket = socket;
    this.#state = 'connected';
    this.#addresses = {
      local: addressOf(socket.localAddress, socket.localPort),
      remote: addressOf(socket.remoteAddress, socket.remotePort),
    };
    this.#applyKeepAlive();
    for (const event of ['readable', 'drain', 'end', 'close'] as const) socket.on(event, wake);
    socket.on('end', () => (this.#ended = true));
    socket.on('error', (error) => {
      this.#failure ??= socketCode(error);
      wake();
    });
    if (this.#closed) socket.destroy();
    else socket.read(0);
    wake();
  }

  /** The end of `connect`, once. */
  finish(): void {
    switch (this.#state) {
      case 'new':
      case 'taken':
        throw new WasiError('not-in-progress');
      case 'connecting':
        throw new WasiError('would-block');
      case 'failed':
        throw new WasiError(this.#failure ?? 'unknown');
      case 'connected':
        this.#state = 'taken';
    }
  }

  /** Whom it is connected to, for denials. */
  get peer(): string {
    const { address, port } = this.#addresses.remote ?? { address: this.#host, port: 0 };
    return `tcp://${address.includes(':') ? `[${address}]` : address}:${port}`;
  }

  ready(interest: Interest): boolean {
    if (interest === 'ready') return this.#state !== 'connecting';
    const socket = this.#socket;
    if (socket === undefined || socket.destroyed || this.#failure !== undefined) return true;
    if (interest === 'write') return socket.writableLength < BUFFER_BYTES;
    const isThere = socket.readableLength > 0 || this.#reader?.pending === true;
    return this.#deaf || this.#ended || isThere || socket.readableEnded;
  }

  #live(): Socket {
    if (this.#socket === undefined) throw new WasiError('invalid-state');
    return this.#socket;
  }

  #spend(bytes: number): void {
    try {
      this.#options.budget.bytes(this.#host, bytes);
    } catch (error) {
      this.#failure ??= socketCode(error);
      this.#socket?.destroy();
      throw new WasiError(this.#failure);
    }
  }

  read(length: number): Uint8Array | 'end' {
    if (this.#reader === undefined || length === 0) return this.#read(length);
    return this.#reader.read(length, (some) => this.#read(some));
  }

  #read(length: number): Uint8Array | 'end' {
    const socket = this.#live();
    if (this.#deaf) return 'end';
    const there = Math.min(length, socket.readableLength);
    if (there > 0) {
      const chunk = socket.read(there) as Uint8Array | null;
      if (chunk !== null) {
        this.#spend(chunk.length);
        return chunk;
      }
    }
    if (this.#failure !== undefined) throw new WasiError(this.#failure);
    // Reading past the last byte makes the end known; a half-open socket stays for writing.
    socket.read(0);
    if (this.#ended || socket.readableEnded || socket.destroyed) return 'end';
    return NOTHING;
  }

  room(): number {
    const socket = this.#live();
    if (this.#failure !== undefined) throw new WasiError(this.#failure);
    if (!socket.writable) throw new WasiError('connection-aborted');
    return BUFFER_BYTES - socket.writableLength;
  }

  write(bytes: Uint8Array): void {
    this.room();
    this.#spend(bytes.length);
    this.#live().write(bytes, () => this.#options.signal.wake());
  }

  flushed(): boolean {
    if (this.#failure !== undefined) throw new WasiError(this.#failure);
    return this.#live().writableLength === 0;
  }

  shutdown(how: 'receive' | 'send' | 'both'): void {
    if (this.#state !== 'taken') throw new WasiError('invalid-state');
    if (how !== 'send') this.#deaf = true;
    if (how !== 'receive') this.#live().end();
    this.#options.signal.wake();
  }

  get keepAlive(): KeepAlive {
    return this.#keepAlive;
  }

  set keepAlive(value: KeepAlive) {
    this.#keepAlive = value;
    this.#applyKeepAlive();
  }

  #applyKeepAlive(): void {
    const { enabled, idleMilliseconds } = this.#keepAlive;
    this.#socket?.setKeepAlive(enabled, idleMilliseconds);
  }

  local(): SocketAddress {
    return this.#addresses.local ?? fail();
  }

  remote(): SocketAddress {
    return this.#addresses.remote ?? fail();
  }

  close(): void {
    this.#closed = true;
    const socket = this.#socket;
    if (socket === undefined) return;
    // What was written still leaves, as it would from a closed socket of the system; the dialer ends what lingers.
    if (socket.writableLength > 0) socket.destroySoon();
    else socket.destroy();
  }
}

function addressOf(
  address: string | undefined,
  port: number | undefined,
): SocketAddress | undefined {
  return address === undefined || port === undefined ? undefined : { address, port };
}

function fail(): never {
  throw new WasiError('invalid-state');
}
