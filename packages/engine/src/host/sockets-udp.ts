/** wasi:sockets/udp: datagrams to granted destinations, and what they answer. */
import type { Pollable } from './io.ts';
import type { HostSession } from './session.ts';
import {
  isUnspecified,
  toSocketAddress,
  toText,
  type Family,
  type IpSocketAddress,
  type SocketAddress,
} from './sockets-address.ts';
import { RemoteHandle } from './sockets-handle.ts';

/** Datagrams that one `receive` hands out. */
const RECEIVE = 64;

const BUFFER_BYTES = 65_536n;

interface IncomingDatagram {
  data: Uint8Array;
  remoteAddress: IpSocketAddress;
}

interface OutgoingDatagram {
  data: Uint8Array;
  remoteAddress: IpSocketAddress | undefined;
}

export class IncomingDatagramStream {
  readonly #handle: RemoteHandle;

  constructor(handle: RemoteHandle) {
    this.#handle = handle.hold();
  }

  receive(most: bigint): IncomingDatagram[] {
    const received: IncomingDatagram[] = [];
    const wanted = most < BigInt(RECEIVE) ? Number(most) : RECEIVE;
    const { session, number } = this.#handle;
    while (received.length < wanted) {
      const { value, bytes } = session.ask('net.udp-receive', [number]);
      if (value === null) break;
      const remoteAddress = toSocketAddress(value as SocketAddress);
      received.push({ data: new Uint8Array(bytes), remoteAddress });
    }
    return received;
  }

  subscribe(): Pollable {
    return this.#handle.subscribe('read');
  }

  [Symbol.dispose](): void {
    this.#handle.release();
  }
}

export class OutgoingDatagramStream {
  readonly #handle: RemoteHandle;
  readonly #family: Family;
  readonly #peer: SocketAddress | undefined;
  #permit = 0;

  constructor(handle: RemoteHandle, family: Family, peer: SocketAddress | undefined) {
    this.#handle = handle.hold();
    this.#family = family;
    this.#peer = peer;
  }

  checkSend(): bigint {
    this.#permit = this.#handle.ask('udp-permit') as number;
    return BigInt(this.#permit);
  }

  /** How many were sent; an error only if not even the first was. */
  send(datagrams: readonly OutgoingDatagram[]): bigint {
    this.#handle.session.enter();
    if (datagrams.length > this.#permit)
      throw new RangeError('send: more than check-send permitted');
    this.#permit -= datagrams.length;
    let sent = 0;
    for (const { data, remoteAddress } of datagrams) {
      try {
        const to = remoteAddress === undefined ? this.#peer : toText(this.#family, remoteAddress);
        if (to === undefined) throw 'invalid-argument';
        const { session, number } = this.#handle;
        session.ask('net.udp-send', [number, to.address, to.port], data);
      } catch (thrown) {
        if (sent === 0 || typeof thrown !== 'string') throw thrown;
        break;
      }
      sent += 1;
    }
    return BigInt(sent);
  }

  subscribe(): Pollable {
    return this.#handle.subscribe('write');
  }

  [Symbol.dispose](): void {
    this.#handle.release();
  }
}

export class UdpSocket {
  readonly #handle: RemoteHandle;
  readonly #session: HostSession;
  readonly #family: Family;
  #state: 'unbound' | 'binding' | 'bound' = 'unbound';
  #peer: SocketAddress | undefined;
  #receiveBuffer = BUFFER_BYTES;
  #sendBuffer = BUFFER_BYTES;

  constructor(session: HostSession, family: Family, handle: unknown) {
    this.#session = session;
    this.#family = family;
    this.#handle = new RemoteHandle(session, handle);
  }

  /** Only a port of the system's choice: what a socket needs to get answers. */
  startBind(_network: unknown, local: IpSocketAddress): void {
    const { address, port } = toText(this.#family, local);
    if (this.#state !== 'unbound') throw 'invalid-state';
    this.#handle.ask('udp-bind', port === 0 && isUnspecified(address));
    this.#state = 'binding';
  }
  finishBind(): void {
    this.#session.enter();
    if (this.#state !== 'binding') throw 'not-in-progress';
    this.#state = 'bound';
  }
  stream(remote: IpSocketAddress | undefined): [IncomingDatagramStream, OutgoingDatagramStream] {
    this.#session.enter();
    if (this.#state !== 'bound') throw 'invalid-state';
    const peer = remote && toText(this.#family, remote);
    if (peer) this.#handle.ask('udp-peer', true, peer.address, peer.port);
    else this.#handle.ask('udp-peer', false);
    this.#peer = peer;
    return [
      new IncomingDatagramStream(this.#handle),
      new OutgoingDatagramStream(this.#handle, this.#family, peer),
    ];
  }
  localAddress(): IpSocketAddress {
    return toSocketAddress(this.#handle.ask('udp-address') as SocketAddress);
  }
  remoteAddress(): IpSocketAddress {
    this.#session.enter();
    if (this.#peer === undefined) throw 'invalid-state';
    return toSocketAddress(this.#peer);
  }
  addressFamily(): Family {
    this.#session.enter();
    return this.#family;
  }
  unicastHopLimit(): number {
    return this.#handle.ask('udp-hop-limit', 0) as number;
  }
  setUnicastHopLimit(value: number): void {
    this.#session.enter();
    if (value === 0) throw 'invalid-argument';
    this.#handle.ask('udp-hop-limit', value);
  }
  receiveBufferSize(): bigint {
    this.#session.enter();
    return this.#receiveBuffer;
  }
  /** A wish: the broker's queue has a fixed size. */
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
  [Symbol.dispose](): void {
    this.#handle.release();
  }
}
