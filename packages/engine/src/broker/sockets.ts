/** Requests of wasi:sockets: `net.tcp-…`, `net.udp-…`, `net.resolve…`. */
import { formatAddress, parseAddress } from '../authority/address.ts';
import type { NetworkLimits } from '../limits/limits.ts';
import type { Answer } from '../isolate/process.ts';
import type { Arguments } from './filesystem-arguments.ts';
import type { NetworkBudget } from './network-budget.ts';
import type { NetworkDenial } from './network-denial.ts';
import type { CredentialBroker } from './credentials.ts';
import type { Dialer } from './network-dial.ts';
import { socketCode } from './network-failure.ts';
import type { NetworkHandles } from './network-handles.ts';
import type { NetworkSubstitute } from './network-substitute.ts';
import type { Signal } from './network-signal.ts';
import { isAddressOf, Lookup, type SocketNames, type SocketProtocol } from './sockets-lookup.ts';
import { TcpConnection, type SocketAddress } from './sockets-tcp.ts';
import { UdpSocket } from './sockets-udp.ts';
import { ProtocolViolation, WasiError } from './wasi-error.ts';

export interface SocketsOptions {
  readonly handles: NetworkHandles;
  readonly names: SocketNames;
  readonly dialer: Dialer;
  readonly budget: NetworkBudget;
  readonly limits: NetworkLimits;
  readonly signal: Signal;
  readonly substitute?: NetworkSubstitute | undefined;
  readonly onDenial: (denial: NetworkDenial) => void;
  readonly credentials?: CredentialBroker | undefined;
}

/** Longest name that is looked at. */
const NAME_LENGTH = 1024;

function family(from: Arguments): 4 | 6 {
  const value = from.integer(6);
  if (value !== 4 && value !== 6) throw new ProtocolViolation('no such family');
  return value;
}

/** Port 0 and a wildcard are nobody's address (wasi:sockets `start-connect`). */
function addressOf(from: Arguments, version: 4 | 6): SocketAddress {
  const [text, port] = [from.string(), from.integer(65_535)];
  if (!isAddressOf(version, text)) throw new WasiError('invalid-argument');
  return { address: formatAddress(parseAddress(text)!), port };
}

export class SocketRequests {
  readonly #options: SocketsOptions;

  constructor(options: SocketsOptions) {
    this.#options = options;
  }

  call(op: string, from: Arguments): Answer | Promise<Answer> {
    if (op.startsWith('net.tcp-')) return this.#tcp(op, from);
    if (op.startsWith('net.udp-')) return this.#udp(op, from);
    const { handles, names, credentials } = this.#options;
    switch (op) {
      case 'net.resolve': {
        const name = from.string();
        from.end();
        handles.room();
        credentials?.refuseIn(name, 'a name to look up', name, 'access-denied');
        if (name.length > NAME_LENGTH) throw new WasiError('invalid-argument');
        return { value: handles.add(names.lookup(name)) };
      }
      case 'net.resolve-next': {
        const lookup = handles.get(from.handle(), Lookup);
        from.end();
        return { value: lookup.next() ?? null };
      }
      default:
        throw new ProtocolViolation(`unknown operation ${op.slice(0, 64)}`);
    }
  }

  /** A socket of a kind that no rule is for is refused at once: nothing could be done with it. */
  #mayOpen(protocol: SocketProtocol): void {
    const { names, handles, onDenial } = this.#options;
    if (!names.mayOpen(protocol)) {
      onDenial({
        kind: 'refused',
        operation: 'create socket',
        code: 'NETWORK_NOT_GRANTED',
        target: `${protocol} socket`,
        rule: `no rule that applies has ${protocol} among its protocols`,
      });
      throw new WasiError('access-denied');
    }
    handles.room();
  }

  #listens(protocol: SocketProtocol, operation: string): never {
    this.#options.onDenial({
      kind: 'refused',
      operation,
      code: 'NETWORK_LISTEN',
      target: `${protocol} socket`,
      rule: 'a skill connects to others; nothing connects to a skill',
    });
    throw new WasiError('access-denied');
  }

  #tcp(op: string, from: Arguments): Answer | Promise<Answer> {
    const { handles, names, limits } = this.#options;
    if (op === 'net.tcp-open') {
      const version = family(from);
      from.end();
      this.#mayOpen('tcp');
      const options = { ...this.#options, family: version, connectMs: limits.connectMs };
      return { value: handles.add(new TcpConnection(options)) };
    }
    const socket = handles.get(from.handle(), TcpConnection);
    switch (op) {
      case 'net.tcp-connect': {
        const to = addressOf(from, socket.family);
        from.end();
        socket.connect(names.judge('tcp', to), to);
        return { value: null };
      }
      case 'net.tcp-finish':
        from.end();
        socket.finish();
        return { value: null };
      case 'net.tcp-shutdown': {
        const how = from.string();
        from.end();
        if (how !== 'receive' && how !== 'send' && how !== 'both') throw new ProtocolViolation(op);
        socket.shutdown(how);
        return { value: null };
      }
      case 'net.tcp-address': {
        const remote = from.boolean();
        from.end();
        return { value: remote ? socket.remote() : socket.local() };
      }
      case 'net.tcp-keep-alive':
        socket.keepAlive = { enabled: from.boolean(), idleMilliseconds: from.integer(0x7fff_ffff) };
        from.end();
        return { value: null };
      case 'net.tcp-bind':
      case 'net.tcp-listen':
        from.end();
        return this.#listens('tcp', op === 'net.tcp-bind' ? 'bind' : 'listen');
      default:
        throw new ProtocolViolation(`unknown operation ${op.slice(0, 64)}`);
    }
  }

  #udp(op: string, from: Arguments): Answer | Promise<Answer> {
    const { handles, names, credentials } = this.#options;
    if (op === 'net.udp-open') {
      const version = family(from);
      from.end();
      this.#mayOpen('udp');
      if (this.#options.substitute) throw new WasiError('not-supported');
      return { value: handles.add(this.#open(version)) };
    }
    const socket = handles.get(from.handle(), UdpSocket);
    switch (op) {
      case 'net.udp-bind': {
        const ephemeral = from.boolean();
        from.end();
        if (!ephemeral) return this.#listens('udp', 'bind');
        if (socket.bound) throw new WasiError('invalid-state');
        return socket.bind().then(() => ({ value: null }));
      }
      case 'net.udp-peer': {
        const some = from.boolean();
        const peer = some ? addressOf(from, socket.family) : undefined;
        from.end();
        if (peer) names.judge('udp', peer);
        socket.peer = peer;
        return { value: null };
      }
      case 'net.udp-permit':
        from.end();
        return { value: socket.permit() };
      case 'net.udp-send': {
        const to = addressOf(from, socket.family);
        const data = from.bytes();
        from.end();
        credentials?.refuseIn(
          data,
          'a datagram',
          `udp://${to.address}:${to.port}`,
          'access-denied',
        );
        if (socket.isElsewhere(to)) throw new WasiError('invalid-argument');
        socket.send(names.judge('udp', to), to, data);
        return { value: null };
      }
      case 'net.udp-receive': {
        from.end();
        const datagram = socket.receive();
        if (datagram === undefined) return { value: null };
        const { address, port, data } = datagram;
        return { value: { address, port }, bytes: credentials?.maskDatagram(data) ?? data };
      }
      case 'net.udp-address':
        from.end();
        return { value: socket.local() };
      case 'net.udp-hop-limit': {
        const hops = from.integer(255);
        from.end();
        if (hops > 0) socket.hopLimit = hops;
        return { value: socket.hopLimit };
      }
      default:
        throw new ProtocolViolation(`unknown operation ${op.slice(0, 64)}`);
    }
  }

  #open(version: 4 | 6): UdpSocket {
    try {
      return new UdpSocket({ ...this.#options, family: version });
    } catch (error) {
      throw new WasiError(socketCode(error));
    }
  }
}
