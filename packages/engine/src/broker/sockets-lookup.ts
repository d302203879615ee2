/** Names for sockets: which may be looked up, which of their addresses are told, and what a connection may rely on. */
import {
  judgeAddress,
  judgeEndpoint,
  judgeLookup,
  judgeLookupAnswer,
  type NetworkVerdict,
} from '../authority/network.ts';
import { parseAddress } from '../authority/address.ts';
import type { EffectiveNetwork } from '../authority/types.ts';
import type { Dialer } from './network-dial.ts';
import type { NetworkDenial } from './network-denial.ts';
import { NetworkFailure, socketCode } from './network-failure.ts';
import type { NetworkResource } from './network-resource.ts';
import type { Signal } from './network-signal.ts';
import type { SocketAddress } from './sockets-tcp.ts';
import { WasiError } from './wasi-error.ts';

export type SocketProtocol = 'tcp' | 'udp';

/** Addresses that are remembered with the names that led to them. */
const REMEMBERED = 4096;

const protocols = ['tcp', 'udp'] as const;

function only(network: EffectiveNetwork, protocol: SocketProtocol): EffectiveNetwork {
  const layers = network.layers.map(({ part, rules }) => ({
    part,
    rules: rules.filter((rule) => rule.protocols.includes(protocol)),
  }));
  return { ...network, layers };
}

export interface NamesOptions {
  readonly authority: EffectiveNetwork;
  readonly dialer: Dialer;
  readonly signal: Signal;
  readonly onDenial: (denial: NetworkDenial) => void;
}

/** A lookup that runs or has run. */
export class Lookup implements NetworkResource {
  readonly #closing = new AbortController();
  #addresses: string[] | undefined;
  #failure: string | undefined;

  constructor(work: (signal: AbortSignal) => Promise<readonly string[]>, signal: Signal) {
    work(this.#closing.signal).then(
      (addresses) => {
        this.#addresses = [...addresses];
        signal.wake();
      },
      (error: unknown) => {
        this.#failure = socketCode(error);
        signal.wake();
      },
    );
  }

  ready(): boolean {
    return this.#addresses !== undefined || this.#failure !== undefined;
  }

  /** The next address; `undefined` behind the last. */
  next(): string | undefined {
    if (this.#failure !== undefined) throw new WasiError(this.#failure);
    if (this.#addresses === undefined) throw new WasiError('would-block');
    return this.#addresses.shift();
  }

  close(): void {
    this.#closing.abort();
  }
}

export class SocketNames {
  readonly #options: NamesOptions;
  /** Names that led to an address: a connection to it is judged by them, too. */
  readonly #names = new Map<string, Set<string>>();

  constructor(options: NamesOptions) {
    this.#options = options;
  }

  /** Whether some rule of every layer is for sockets of that kind. */
  mayOpen(protocol: SocketProtocol): boolean {
    const { layers } = only(this.#options.authority, protocol);
    return layers.length > 0 && layers.every(({ rules }) => rules.length > 0);
  }

  /** Only what sockets may reach is looked up: HTTP needs no lookup of the guest's own. */
  lookup(name: string): Lookup {
    const { dialer, signal, onDenial } = this.#options;
    const verdicts = protocols.map((protocol) =>
      judgeLookup(only(this.#options.authority, protocol), name),
    );
    const allowed = verdicts.find(({ kind }) => kind !== 'denied');
    if (allowed === undefined || allowed.kind === 'denied') {
      onDenial({ kind: 'lookup', name });
      const malformed = verdicts.every(
        (verdict) => verdict.kind === 'denied' && verdict.reason === 'malformed',
      );
      throw new WasiError(malformed ? 'invalid-argument' : 'access-denied');
    }
    if (allowed.kind === 'connect') return new Lookup(async () => [allowed.address], signal);
    const { host } = allowed;
    return new Lookup(
      async (abort) => this.#filter(host, await dialer.lookup(host, abort)),
      signal,
    );
  }

  #filter(name: string, addresses: readonly string[]): readonly string[] {
    const told = addresses.filter((address) => {
      const may = (protocol: SocketProtocol): NetworkVerdict =>
        judgeLookupAnswer(only(this.#options.authority, protocol), name, address);
      if (protocols.some((protocol) => may(protocol).kind === 'connect')) return true;
      this.#options.onDenial({ kind: 'lookup', name, address });
      return false;
    });
    if (told.length === 0) throw new NetworkFailure('prohibited');
    for (const address of told) this.#remember(name, address);
    return told;
  }

  #remember(name: string, address: string): void {
    const names = this.#names.get(address) ?? new Set();
    if (this.#names.size < REMEMBERED) this.#names.set(address, names.add(name));
  }

  /**
   * Judges a destination by its address, and by the names that this guest has looked up and that led there.
   *
   * @returns what budgets count by
   * @throws WasiError
   */
  judge(protocol: SocketProtocol, to: SocketAddress): string {
    const { authority, onDenial } = this.#options;
    const endpoint = { protocol, host: to.address, port: to.port };
    const verdict = judgeEndpoint(authority, endpoint);
    if (verdict.kind === 'connect') return verdict.address;
    const names = [...(this.#names.get(to.address) ?? [])];
    const byName = names.find(
      (host) =>
        judgeAddress(authority, { protocol, host, port: to.port }, to.address).kind === 'connect',
    );
    if (byName !== undefined) return byName;
    const [name] = names;
    if (name === undefined) onDenial({ kind: 'endpoint', operation: 'connect', endpoint });
    else {
      const named = { protocol, host: name, port: to.port };
      onDenial({ kind: 'endpoint', operation: 'connect', endpoint: named, address: to.address });
    }
    const malformed = verdict.kind === 'denied' && verdict.reason === 'malformed';
    throw new WasiError(malformed ? 'invalid-argument' : 'access-denied');
  }
}

/** `undefined` for what is not a strict address of that family. */
export function isAddressOf(family: 4 | 6, address: string): boolean {
  return parseAddress(address)?.version === family;
}
