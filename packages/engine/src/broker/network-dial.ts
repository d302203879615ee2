/**
 * From an endpoint that a guest names to a connection: judge the name, resolve it once, judge every address, and
 * connect to a judged address and to nothing else. There is no other way out of the broker.
 */
import { connect, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { judgeAddress, judgeEndpoint, type Endpoint } from '../authority/network.ts';
import type { EffectiveNetwork } from '../authority/types.ts';
import type { NetworkLimits } from '../limits/limits.ts';
import type { Resolve } from './dns.ts';
import type { NetworkBudget } from './network-budget.ts';
import type { NetworkDenial } from './network-denial.ts';
import { NetworkFailure } from './network-failure.ts';
import { substituteServer, type NetworkSubstitute } from './network-substitute.ts';
import { startTls, type TlsTrust } from './network-tls.ts';

export interface DialerOptions {
  readonly authority: EffectiveNetwork;
  readonly limits: NetworkLimits;
  readonly budget: NetworkBudget;
  readonly trust: TlsTrust;
  readonly resolve: Resolve;
  readonly substitute?: NetworkSubstitute | undefined;
  readonly onDenial: (denial: NetworkDenial) => void;
}

/** An endpoint whose name was judged. */
export interface JudgedEndpoint extends Endpoint {
  /** The host in normal form: what budgets count by, and what a certificate must be for. */
  readonly normal: string;
  /** The address, if the guest gave one. */
  readonly address: string | undefined;
}

export interface DialTarget {
  /** What budgets count by. */
  readonly host: string;
  readonly address: string;
  readonly port: number;
  readonly milliseconds: number;
  /** What the connection is for; `undefined` for a plain socket of the guest's. */
  readonly scheme?: 'http' | 'https' | undefined;
  /** Whether the connection stays open when the other side has ended its half. Default false. */
  readonly halfOpen?: boolean;
  readonly signal?: AbortSignal;
}

/** Lookups of one invocation that run at once; a slow resolver must not hold all of the thread's. */
const LOOKUPS_AT_ONCE = 2;

/** How long written bytes may take to leave after the end of the invocation. */
const LINGER_MILLISECONDS = 1000;

/** How long an attempt at one address takes at most while others are left. */
const ATTEMPT_MILLISECONDS = 3000;

export class Dialer {
  readonly #options: DialerOptions;
  readonly #closing = new AbortController();
  readonly #sockets = new Set<Socket>();
  #lookups = 0;
  readonly #queue: (() => void)[] = [];

  constructor(options: DialerOptions) {
    this.#options = options;
  }

  /** @throws NetworkFailure `denied`, `prohibited` or `malformed`, and records it */
  judge(endpoint: Endpoint, operation: string): JudgedEndpoint {
    const verdict = judgeEndpoint(this.#options.authority, endpoint);
    if (verdict.kind === 'denied') {
      this.#options.onDenial({ kind: 'endpoint', operation, endpoint });
      throw new NetworkFailure(
        verdict.reason === 'special'
          ? 'prohibited'
          : verdict.reason === 'malformed'
            ? 'malformed'
            : 'denied',
      );
    }
    return verdict.kind === 'connect'
      ? { ...endpoint, normal: verdict.address, address: verdict.address }
      : { ...endpoint, normal: verdict.host, address: undefined };
  }

  /** All addresses of a name that was judged, unjudged themselves. */
  async lookup(name: string, signal: AbortSignal): Promise<readonly string[]> {
    this.#options.budget.lookup();
    const release = () => {
      const next = this.#queue.shift();
      if (next) next();
      else this.#lookups -= 1;
    };
    const turn = this.#turn();
    try {
      await abortable(turn, signal);
    } catch (error) {
      void turn.then(release);
      throw error;
    }
    const work = this.#options.resolve(name, signal);
    // The platform's lookups cannot be called off: the turn is over when they are, whoever still waits.
    work.then(release, release);
    return abortable(work, signal);
  }

  #turn(): Promise<void> {
    if (this.#lookups >= LOOKUPS_AT_ONCE)
      return new Promise((resolve) => this.#queue.push(resolve));
    this.#lookups += 1;
    return Promise.resolve();
  }

  /**
   * Opens a connection, and TLS over it where `secure`, within the time limit.
   *
   * @throws NetworkFailure
   */
  async connect(
    endpoint: JudgedEndpoint,
    options: {
      readonly secure: boolean;
      readonly milliseconds: number;
      readonly operation: string;
    },
  ): Promise<Socket | TLSSocket> {
    const deadline = performance.now() + options.milliseconds;
    const timeout = AbortSignal.timeout(Math.ceil(options.milliseconds));
    const signal = AbortSignal.any([timeout, this.#closing.signal]);
    try {
      const addresses = await this.#addresses(endpoint, options.operation, signal);
      const scheme = options.secure ? 'https' : 'http';
      const socket = await this.#first({ endpoint, addresses, deadline, scheme, signal });
      if (!options.secure) return socket;
      const abort = () => void socket.destroy();
      signal.addEventListener('abort', abort, { once: true });
      try {
        return await startTls(socket, endpoint.normal, this.#options.trust);
      } catch (error) {
        socket.destroy();
        throw error;
      } finally {
        signal.removeEventListener('abort', abort);
      }
    } catch (error) {
      throw timeout.aborted ? new NetworkFailure('timeout') : error;
    }
  }

  async #addresses(
    endpoint: JudgedEndpoint,
    operation: string,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    if (endpoint.address !== undefined) return [endpoint.address];
    const found = await this.lookup(endpoint.normal, signal);
    const allowed = found.filter((address) => {
      if (judgeAddress(this.#options.authority, endpoint, address).kind === 'connect') return true;
      this.#options.onDenial({ kind: 'endpoint', operation, endpoint, address });
      return false;
    });
    if (allowed.length === 0) throw new NetworkFailure('prohibited');
    return allowed;
  }

  async #first(options: {
    readonly endpoint: JudgedEndpoint;
    readonly addresses: readonly string[];
    readonly deadline: number;
    readonly scheme: 'http' | 'https';
    readonly signal: AbortSignal;
  }): Promise<Socket> {
    const { endpoint, addresses, deadline, scheme, signal } = options;
    let failure: unknown;
    for (const [index, address] of addresses.entries()) {
      signal.throwIfAborted();
      const left = deadline - performance.now();
      const milliseconds =
        index === addresses.length - 1 ? left : Math.min(left, ATTEMPT_MILLISECONDS);
      try {
        return await this.open({
          host: endpoint.normal,
          address,
          port: endpoint.port,
          milliseconds,
          scheme,
          signal,
        });
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  /**
   * Connects to an address that was judged.
   *
   * @throws NetworkFailure
   */
  async open(target: DialTarget): Promise<Socket> {
    const { host, milliseconds, signal = this.#closing.signal } = target;
    signal.throwIfAborted();
    const { substitute } = this.#options;
    const { address, port } = substitute ? substituteServer(substitute, target.scheme) : target;
    const counted = this.#options.budget.connection(host);
    return await new Promise<Socket>((resolve, reject) => {
      const socket = connect({
        host: address,
        port,
        allowHalfOpen: target.halfOpen ?? false,
        autoSelectFamily: false,
        noDelay: true,
        // The host is an address; should that ever not be so, nothing is looked up.
        lookup: (_name, _options, done) => done(new NetworkFailure('other'), '', 0),
      });
      this.#sockets.add(socket);
      const timer = setTimeout(
        () => void socket.destroy(new NetworkFailure('timeout')),
        Math.max(1, milliseconds),
      );
      const abort = () => void socket.destroy(new NetworkFailure('closed'));
      signal.addEventListener('abort', abort, { once: true });
      const settled = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
      };
      socket.once('connect', () => {
        settled();
        resolve(socket);
      });
      socket.on('error', reject);
      socket.once('close', () => {
        settled();
        counted();
        this.#sockets.delete(socket);
        reject(new NetworkFailure('closed'));
      });
    });
  }

  /** Ends every connection. What was written and is still on its way gets a moment to leave. */
  close(): void {
    this.#closing.abort();
    for (const socket of this.#sockets) {
      if (socket.writableLength === 0 || socket.connecting) socket.destroy();
      else {
        socket.destroySoon();
        setTimeout(() => void socket.destroy(), LINGER_MILLISECONDS).unref();
      }
    }
  }
}

/** Whoever waits can be called off, though what it waits for goes on. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(new NetworkFailure('closed'));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
