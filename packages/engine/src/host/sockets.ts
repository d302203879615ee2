/**
 * wasi:sockets. No skill may open one yet: every way to a socket or a name asks the broker, which
 * denies and records it, and answers with the interface's own `access-denied`.
 * The resource classes exist because components import them; none is ever created.
 */
import type { HostSession } from './session.ts';

class Network {
  [Symbol.dispose](): void {}
}
class TcpSocket {}
class UdpSocket {}
class IncomingDatagramStream {}
class OutgoingDatagramStream {}
class ResolveAddressStream {}

type Family = 'ipv4' | 'ipv6';

/** Glue takes the methods of a resource from its prototype at instantiation; here none can be reached. */
function unreachable(methods: readonly string[], resource: { prototype: object }): void {
  for (const method of methods) {
    Object.defineProperty(resource.prototype, method, {
      value: () => {
        throw 'invalid-state';
      },
    });
  }
}

const common = [
  'startBind', 'finishBind', 'localAddress', 'remoteAddress', 'addressFamily', 'receiveBufferSize',
  'setReceiveBufferSize', 'sendBufferSize', 'setSendBufferSize', 'subscribe',
]; // prettier-ignore
unreachable(
  [
    ...common, 'startConnect', 'finishConnect', 'startListen', 'finishListen', 'accept', 'isListening',
    'setListenBacklogSize', 'keepAliveEnabled', 'setKeepAliveEnabled', 'keepAliveIdleTime',
    'setKeepAliveIdleTime', 'keepAliveInterval', 'setKeepAliveInterval', 'keepAliveCount',
    'setKeepAliveCount', 'hopLimit', 'setHopLimit', 'shutdown',
  ],
  TcpSocket,
); // prettier-ignore
unreachable([...common, 'stream', 'unicastHopLimit', 'setUnicastHopLimit'], UdpSocket);
unreachable(['receive', 'subscribe'], IncomingDatagramStream);
unreachable(['checkSend', 'send', 'subscribe'], OutgoingDatagramStream);
unreachable(['resolveNextAddress', 'subscribe'], ResolveAddressStream);

export function createSockets(session: HostSession) {
  const network = new Network();
  return {
    network: { Network },
    instanceNetwork: {
      instanceNetwork() {
        session.enter();
        return network;
      },
    },
    ipNameLookup: {
      ResolveAddressStream,
      resolveAddresses: (_network: Network, name: string) =>
        session.ask('net.resolve', [name.slice(0, 1024)]).value,
    },
    tcp: { TcpSocket },
    tcpCreateSocket: {
      createTcpSocket: (family: Family) => session.ask('net.socket', ['tcp', family]).value,
    },
    udp: { UdpSocket, IncomingDatagramStream, OutgoingDatagramStream },
    udpCreateSocket: {
      createUdpSocket: (family: Family) => session.ask('net.socket', ['udp', family]).value,
    },
  };
}
