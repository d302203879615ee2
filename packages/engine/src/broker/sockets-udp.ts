/**
 * A UDP socket that speaks to granted destinations. It gets datagrams only from where it has sent one: nothing else
 * on the network can reach a guest.
 */
import { createSocket, type Socket } from 'node:dgram';
import type { NetworkBudget } from './network-budget.ts';
import { classify, socketCode } from './network-failure.ts';
import type { Interest, NetworkResource } from './network-resource.ts';
import type { Signal } from './network-signal.ts';
import type { SocketAddress } from './sockets-tcp.ts';
import { WasiError } from './wasi-error.ts';

export interface UdpOptions {
  readonly family: 4 | 6;
  readonly budget: NetworkBudget;
  readonly signal: Signal;
}

export interface Datagram extends SocketAddress {
  readonly data: Uint8Array;
}

/** Largest payload of a datagram. */
export const DATAGRAM_BYTES = 65_507;

/** Received datagrams that wait for the guest; more are lost, as they are in any network. */
const QUEUE_DATAGRAMS = 64;

/** What a datagram costs of the budget of bytes besides its payload: its headers, so that empty ones cost too. */
const HEADER_BYTES = 28;

/** Datagrams on their way out. */
const SENDING = 16;

/** Destinations that one socket remembers. */
const PEERS = 1024;

const peerKey = ({ address, port }: SocketAddress) => `${address} ${port}`;

export class UdpSocket implements NetworkResource {
  readonly family: 4 | 6;
  readonly #options: UdpOptions;
  readonly #released: () => void;
  readonly #peers = new Map<string, string>();
  readonly #received: Datagram[] = [];
  #peer: string | undefined;
  #socket: Socket | undefined;
  #bound = false;
  #sending = 0;
  #failure: string | undefined;
  #hopLimit = 64;

  constructor(options: UdpOptions) {
    this.family = options.family;
    this.#options = options;
    this.#released = options.budget.connection('udp');
  }

  /** Takes a port of the system's choice on all addresses, for what comes back. Resolves when it has one. */
  async bind(): Promise<void> {
    const socket = createSocket({
      type: this.family === 4 ? 'udp4' : 'udp6',
      ipv6Only: this.family === 6,
      // Only addresses are ever sent to; should that not be so, nothing is looked up.
      lookup: (name, _options, done) => done(null, name, this.family),
    });
    this.#socket = socket;
    socket.on('error', (error) => this.#fail(error));
    socket.on('message', (data, from) => this.#receive(data, from));
    await new Promise<void>((resolve, reject) => {
      socket.once('error', () => {
        reject(new WasiError('address-not-bindable'));
        this.#forget();
      });
      socket.once('close', () => reject(new WasiError('invalid-state')));
      socket.bind({ port: 0, exclusive: true }, resolve);
    });
    this.#bound = true;
    socket.setTTL(this.#hopLimit);
  }

  get bound(): boolean {
    return this.#bound;
  }

  /** From now on datagrams come from `peer` only, if there is one. What waits is dropped. */
  set peer(peer: SocketAddress | undefined) {
    this.#peer = peer && peerKey(peer);
    this.#peers.clear();
    this.#received.length = 0;
  }

  /** Whether datagrams go to one place only, and this is not it. */
  isElsewhere(to: SocketAddress): boolean {
    return this.#peer !== undefined && this.#peer !== peerKey(to);
  }

  #fail(error: unknown): void {
    this.#failure = socketCode(error);
    this.#options.signal.wake();
  }

  #receive(data: Uint8Array, from: { address: string; port: number }): void {
    const { address, port } = from;
    const key = peerKey({ address, port });
    const host = this.#peer === undefined || this.#peer === key ? this.#peers.get(key) : undefined;
    if (host === undefined || this.#received.length >= QUEUE_DATAGRAMS) return;
    try {
      this.#options.budget.bytes(host, data.length + HEADER_BYTES);
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#received.push({ data, address, port });
    this.#options.signal.wake();
  }

  ready(interest: Interest): boolean {
    if (this.#failure !== undefined) return true;
    if (interest === 'read') return this.#received.length > 0;
    return interest === 'ready' || this.#sending < SENDING;
  }

  /** The next datagram, if there is one. */
  receive(): Datagram | undefined {
    this.#throwFailure();
    return this.#received.shift();
  }

  /** Datagrams that may be sent now. */
  permit(): number {
    this.#throwFailure();
    return SENDING - this.#sending;
  }

  /** @param host what budgets count by; the destination was judged */
  send(host: string, to: SocketAddress, data: Uint8Array): void {
    const socket = this.#socket;
    if (socket === undefined || !this.#bound) throw new WasiError('invalid-state');
    if (data.length > DATAGRAM_BYTES) throw new WasiError('datagram-too-large');
    if (this.permit() <= 0) throw new WasiError('would-block');
    try {
      this.#options.budget.bytes(host, data.length + HEADER_BYTES);
    } catch (error) {
      throw new WasiError(socketCode(error));
    }
    if (this.#peers.size >= PEERS) this.#peers.clear();
    this.#peers.set(peerKey(to), host);
    this.#sending += 1;
    socket.send(data, to.port, to.address, (error) => {
      this.#sending -= 1;
      // A datagram may get lost on its way; only what this machine can tell is told.
      if (error !== null && classify(error) !== 'refused') this.#fail(error);
      this.#options.signal.wake();
    });
  }

  /** A failure is told once. */
  #throwFailure(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw new WasiError(failure);
  }

  get hopLimit(): number {
    return this.#hopLimit;
  }

  set hopLimit(value: number) {
    this.#hopLimit = value;
    if (this.#bound) this.#socket?.setTTL(value);
  }

  local(): SocketAddress {
    if (!this.#bound) throw new WasiError('invalid-state');
    const { address, port } = this.#socket!.address();
    return { address, port };
  }

  close(): void {
    this.#released();
    this.#bound = false;
    this.#received.length = 0;
    this.#forget();
  }

  #forget(): void {
    try {
      this.#socket?.close();
    } catch {
      // Closed already.
    }
    this.#socket = undefined;
  }
}
