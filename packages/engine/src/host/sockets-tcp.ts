/** wasi:sockets/tcp: connecting. Binding and listening are refused by the broker, and recorded. */
import { InputStream, OutputStream, type Pollable } from './io.ts';
import type { HostSession } from './session.ts';
import {
  toSocketAddress,
  toText,
  type Family,
  type IpSocketAddress,
  type SocketAddress,
} from './sockets-address.ts';
import { RemoteHandle, remoteSink, remoteSource } from './sockets-handle.ts';

/** Defaults of the platform, in nanoseconds. */
const KEEP_ALIVE_IDLE = 7_200_000_000_000n;
const KEEP_ALIVE_INTERVAL = 75_000_000_000n;
const KEEP_ALIVE_COUNT = 9;

const BUFFER_BYTES = 65_536n;
const HOP_LIMIT = 64;

/** What Node cannot set is refused, except where WASI calls the value itself wrong. */
function unsettable(value: bigint | number): never {
  throw BigInt(value) === 0n ? 'invalid-argument' : 'not-supported';
}

export class TcpSocket {
  readonly #handle: RemoteHandle;
  readonly #session: HostSession;
  readonly #family: Family;
  #keepAlive = false;
  #idle = KEEP_ALIVE_IDLE;
  #receiveBuffer = BUFFER_BYTES;
  #sendBuffer = BUFFER_BYTES;

  constructor(session: HostSession, family: Family, handle: unknown) {
    this.#session = session;
    this.#family = family;
    this.#handle = new RemoteHandle(session, handle);
  }

  startBind(_network: unknown, _address: IpSocketAddress): void {
    this.#handle.ask('tcp-bind');
  }
  finishBind(): never {
    this.#session.enter();
    throw 'not-in-progress';
  }
  startConnect(_network: unknown, remote: IpSocketAddress): void {
    const { address, port } = toText(this.#family, remote);
    this.#handle.ask('tcp-connect', address, port);
  }
  finishConnect(): [InputStream, OutputStream] {
    this.#handle.ask('tcp-finish');
    return [
      new InputStream(this.#session, remoteSource(this.#handle)),
      new OutputStream(this.#session, remoteSink(this.#handle)),
    ];
  }
  startListen(): void {
    this.#handle.ask('tcp-listen');
  }
  finishListen(): never {
    this.#session.enter();
    throw 'not-in-progress';
  }
  accept(): never {
    this.#session.enter();
    throw 'invalid-state';
  }
  localAddress(): IpSocketAddress {
    return toSocketAddress(this.#handle.ask('tcp-address', false) as SocketAddress);
  }
  remoteAddress(): IpSocketAddress {
    return toSocketAddress(this.#handle.ask('tcp-address', true) as SocketAddress);
  }
  isListening(): boolean {
    this.#session.enter();
    return false;
  }
  addressFamily(): Family {
    this.#session.enter();
    return this.#family;
  }
  setListenBacklogSize(value: bigint): void {
    this.#session.enter();
    unsettable(value);
  }
  keepAliveEnabled(): boolean {
    this.#session.enter();
    return this.#keepAlive;
  }
  setKeepAliveEnabled(value: boolean): void {
    this.#keepAlive = value;
    this.#tellKeepAlive();
  }
  keepAliveIdleTime(): bigint {
    this.#session.enter();
    return this.#idle;
  }
  setKeepAliveIdleTime(value: bigint): void {
    if (value === 0n) throw 'invalid-argument';
    // Whole seconds are what systems keep.
    const seconds = (value + 999_999_999n) / 1_000_000_000n;
    this.#idle = (seconds < 2_000_000n ? seconds : 2_000_000n) * 1_000_000_000n;
    this.#tellKeepAlive();
  }
  #tellKeepAlive(): void {
    this.#handle.ask('tcp-keep-alive', this.#keepAlive, Number(this.#idle / 1_000_000n));
  }
  keepAliveInterval(): bigint {
    this.#session.enter();
    return KEEP_ALIVE_INTERVAL;
  }
  setKeepAliveInterval(value: bigint): void {
    this.#session.enter();
    unsettable(value);
  }
  keepAliveCount(): number {
    this.#session.enter();
    return KEEP_ALIVE_COUNT;
  }
  setKeepAliveCount(value: number): void {
    this.#session.enter();
    unsettable(value);
  }
  hopLimit(): number {
    this.#session.enter();
    return HOP_LIMIT;
  }
  setHopLimit(value: number): void {
    this.#session.enter();
    if (value !== HOP_LIMIT) unsettable(value);
  }
  receiveBufferSize(): bigint {
    this.#session.enter();
    return this.#receiveBuffer;
  }
  /** The broker's buffers have a fixed size; WASI has this value as a wish. */
  setReceiveBufferSize(value: bigint): void {
    this.#session.enter();
    if (value === 0n) throw 'invalid-argument';
    this.#receiveBuffer = value < BUFFER_BYTES ? value : BUFFER_BYTES;
  }
  sendBufferSize(): bigint {
    this.#session.enter();
    return this.#sendBuffer;
  }
  setSendBufferSize(value: bigint): void {
    this.#session.enter();
    if (value === 0n) throw 'invalid-argument';
    this.#sendBuffer = value < BUFFER_BYTES ? value : BUFFER_BYTES;
  }
  subscribe(): Pollable {
    return this.#handle.subscribe('ready');
  }
  shutdown(how: 'receive' | 'send' | 'both'): void {
    this.#handle.ask('tcp-shutdown', how);
  }
  [Symbol.dispose](): void {
    this.#handle.release();
  }
}
