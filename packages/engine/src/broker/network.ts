/**
 * The network of one invocation. Every request is judged here by the effective grants; what comes from the isolate is
 * hostile. One request is answered at a time, so a wait names all that the guest waits for.
 */
import type { EffectiveNetwork } from '../authority/types.ts';
import type { Answer } from '../isolate/process.ts';
import type { NetworkLimits } from '../limits/limits.ts';
import type { CredentialBroker } from './credentials.ts';
import type { StreamMentions } from './credential-mentions.ts';
import { createResolver } from './dns.ts';
import { Arguments } from './filesystem-arguments.ts';
import { HttpExchange } from './http-exchange.ts';
import { HttpRequests } from './http.ts';
import { NetworkBudget } from './network-budget.ts';
import type { NetworkDenial } from './network-denial.ts';
import { substituteResolver, type NetworkSubstitute } from './network-substitute.ts';
import { Dialer } from './network-dial.ts';
import { NetworkHandles } from './network-handles.ts';
import { BUFFER_BYTES, type ByteStream } from './network-resource.ts';
import { andThen, Signal } from './network-signal.ts';
import type { TlsTrust } from './network-tls.ts';
import { SocketNames } from './sockets-lookup.ts';
import { TcpConnection } from './sockets-tcp.ts';
import { SocketRequests } from './sockets.ts';
import { ProtocolViolation } from './wasi-error.ts';

export interface NetworkOptions {
  readonly authority: EffectiveNetwork;
  readonly limits: NetworkLimits;
  readonly trust: TlsTrust;
  /** Stands in for everything outside; nothing is connected to but its servers. */
  readonly substitute?: NetworkSubstitute | undefined;
  /** Port of a resolver that the authority gives by its address. Default 53. */
  readonly dnsPort?: number | undefined;
}

/** Largest read that is served at once. */
const READ_BYTES = 1024 * 1024;

export class NetworkBroker {
  readonly #signal = new Signal();
  readonly #budget: NetworkBudget;
  readonly #handles: NetworkHandles;
  readonly #dialer: Dialer;
  readonly #http: HttpRequests;
  readonly #sockets: SocketRequests;
  readonly #credentials: CredentialBroker | undefined;
  readonly #watched = new WeakMap<ByteStream, StreamMentions>();

  constructor(
    options: NetworkOptions,
    onDenial: (denial: NetworkDenial) => void,
    credentials?: CredentialBroker,
  ) {
    const { authority, limits, trust, dnsPort, substitute } = options;
    const signal = this.#signal;
    const budget = new NetworkBudget(limits);
    const handles = new NetworkHandles(limits.handles, () => budget.full(limits.handles));
    const resolve = substitute
      ? substituteResolver(substitute)
      : createResolver({ dns: authority.dns, trust, port: dnsPort });
    const dialer = new Dialer({ authority, limits, budget, trust, resolve, substitute, onDenial });
    const names = new SocketNames({ authority, dialer, signal, onDenial });
    const common = { handles, dialer, budget, limits, signal, substitute, onDenial, credentials };
    this.#credentials = credentials;
    this.#budget = budget;
    this.#handles = handles;
    this.#dialer = dialer;
    this.#http = new HttpRequests(common);
    this.#sockets = new SocketRequests({ ...common, names });
  }

  /** The budget that did not suffice, if one didn't. */
  get spent(): string | undefined {
    return this.#budget.spent;
  }

  /** @throws WasiError, also by rejection, for what the guest is told; ProtocolViolation for what no guest can cause */
  call(op: string, args: readonly unknown[], bytes: Uint8Array): Answer | Promise<Answer> {
    const from = new Arguments(op, args, bytes);
    if (op.startsWith('net.http-')) return this.#http.call(op, from);
    switch (op) {
      case 'net.wait':
        return this.#wait(from);
      case 'net.read':
        return this.#read(from);
      case 'net.permit': {
        const stream = this.#stream(from.handle());
        from.end();
        return { value: Math.max(0, stream.room()) };
      }
      case 'net.write':
        return this.#write(from);
      case 'net.flush':
        return this.#flush(from);
      case 'net.drop':
        this.#handles.drop(from.handle());
        from.end();
        return { value: null };
      default:
        return this.#sockets.call(op, from);
    }
  }

  close(): void {
    this.#handles.close();
    this.#http.close();
    this.#dialer.close();
    this.#signal.close();
  }

  #stream(handle: number): ByteStream {
    const resource = this.#handles.any(handle);
    if (resource instanceof HttpExchange || resource instanceof TcpConnection) return resource;
    throw new ProtocolViolation(`no stream: ${handle}`);
  }

  /** Which of the waits are ready, by their place in the list; none after the time is up. */
  #wait(from: Arguments): Answer | Promise<Answer> {
    const waits = this.#handles.waits(from.list(10_000));
    const milliseconds = from.list(1)[0] ?? Infinity;
    from.end();
    if (typeof milliseconds !== 'number' || !(milliseconds >= 0))
      throw new ProtocolViolation('net.wait: bad time');
    const look = () => {
      const ready = waits.flatMap(([resource, interest], index) =>
        resource.ready(interest) ? [index] : [],
      );
      return ready.length > 0 ? ready : undefined;
    };
    return andThen(this.#signal.until(look, milliseconds), (ready) => ({ value: ready ?? [] }));
  }

  #read(from: Arguments): Answer | Promise<Answer> {
    const stream = this.#stream(from.handle());
    const length = from.integer(READ_BYTES);
    const blocking = from.boolean();
    from.end();
    const read = () => {
      const chunk = stream.read(length);
      return chunk !== 'end' && chunk.length === 0 && blocking && length > 0 ? undefined : chunk;
    };
    return andThen(this.#signal.until(read), (chunk) =>
      chunk === 'end' || chunk === undefined ? { value: 'end' } : { value: null, bytes: chunk },
    );
  }

  /** Takes all bytes, or with `blocking` waits until it can and until they have left. */
  #write(from: Arguments): Answer | Promise<Answer> {
    const stream = this.#stream(from.handle());
    const blocking = from.boolean();
    const bytes = new Uint8Array(from.bytes());
    from.end();
    this.#watch(stream, bytes);
    if (!blocking) {
      // Framing of a body takes some of the room that was permitted; an honest isolate needs no more than that.
      if (bytes.length > stream.room() + BUFFER_BYTES)
        throw new ProtocolViolation('net.write: too much');
      stream.write(bytes);
      return { value: null };
    }
    if (bytes.length > BUFFER_BYTES) throw new ProtocolViolation('net.write: too much');
    let written = false;
    const done = () => {
      if (!written) {
        if (stream.room() < Math.min(bytes.length, BUFFER_BYTES / 2)) return undefined;
        stream.write(bytes);
        written = true;
      }
      return stream.flushed() ? true : undefined;
    };
    return andThen(this.#signal.until(done), () => ({ value: null }));
  }

  /** What a guest writes into a stream holds no placeholder, also not in two pieces. */
  #watch(stream: ByteStream, bytes: Uint8Array): void {
    if (this.#credentials === undefined) return;
    const watched = this.#watched.get(stream) ?? this.#credentials.watch();
    this.#watched.set(stream, watched);
    const name = watched.find(bytes);
    if (name === undefined) return;
    const isHttp = stream instanceof HttpExchange;
    this.#credentials.misplaced(
      name,
      isHttp ? 'the body of a request' : 'bytes of a connection',
      stream.peer,
      isHttp ? 'HTTP-request-denied' : 'access-denied',
    );
  }

  #flush(from: Arguments): Answer | Promise<Answer> {
    const stream = this.#stream(from.handle());
    from.end();
    const done = () => stream.flushed() || undefined;
    return andThen(this.#signal.until(done), () => ({ value: null }));
  }
}
