/** wasi:sockets, the guest's side: thin classes around handles at the broker, which alone decides. */
import type { Pollable } from './io.ts';
import type { HostSession } from './session.ts';
import { toIpAddress, type Family, type IpAddress } from './sockets-address.ts';
import { RemoteHandle } from './sockets-handle.ts';
import { TcpSocket } from './sockets-tcp.ts';
import { IncomingDatagramStream, OutgoingDatagramStream, UdpSocket } from './sockets-udp.ts';

/** There is one network, and it is no permission: every use is judged. */
class Network {
  [Symbol.dispose](): void {}
}

class ResolveAddressStream {
  readonly #handle: RemoteHandle;

  constructor(session: HostSession, handle: unknown) {
    this.#handle = new RemoteHandle(session, handle);
  }

  resolveNextAddress(): IpAddress | undefined {
    const next = this.#handle.ask('resolve-next');
    return typeof next === 'string' ? toIpAddress(next) : undefined;
  }

  subscribe(): Pollable {
    return this.#handle.subscribe('ready');
  }

  [Symbol.dispose](): void {
    this.#handle.release();
  }
}

/** Longest name that is asked for. */
const NAME_LENGTH = 1024;

const version = (family: Family) => (family === 'ipv4' ? 4 : 6);

export function createSockets(session: HostSession) {
  return {
    network: { Network },
    instanceNetwork: {
      instanceNetwork() {
        session.enter();
        return new Network();
      },
    },
    ipNameLookup: {
      ResolveAddressStream,
      resolveAddresses(_network: Network, name: string) {
        if (name.length > NAME_LENGTH) throw 'invalid-argument';
        return new ResolveAddressStream(session, session.ask('net.resolve', [name]).value);
      },
    },
    tcp: { TcpSocket },
    tcpCreateSocket: {
      createTcpSocket: (family: Family) =>
        new TcpSocket(session, family, session.ask('net.tcp-open', [version(family)]).value),
    },
    udp: { UdpSocket, IncomingDatagramStream, OutgoingDatagramStream },
    udpCreateSocket: {
      createUdpSocket: (family: Family) =>
        new UdpSocket(session, family, session.ask('net.udp-open', [version(family)]).value),
    },
  };
}
