/** What one invocation may use of the network, counted in all and for each host. */
import type { NetworkLimits } from '../limits/limits.ts';
import { NetworkFailure } from './network-failure.ts';

const kinds = {
  connections: ['connections', 'connectionsPerHost'],
  requests: ['requests', 'requestsPerHost'],
  bytes: ['bytes', 'bytesPerHost'],
} as const;

type Kind = keyof typeof kinds;

export class NetworkBudget {
  readonly #limits: NetworkLimits;
  readonly #total: Record<Kind, number> = { connections: 0, requests: 0, bytes: 0 };
  readonly #hosts = new Map<string, Record<Kind, number>>();
  #lookups = 0;
  #open = 0;
  #spent: string | undefined;

  constructor(limits: NetworkLimits) {
    this.#limits = limits;
  }

  /** The first budget that did not suffice, in words. */
  get spent(): string | undefined {
    return this.#spent;
  }

  /** @param host a name in normal form, or an address */
  request(host: string): void {
    this.#count('requests', host, 1);
  }

  /** Counts a connection as open until the returned function is called. */
  connection(host: string): () => void {
    if (this.#open >= this.#limits.openConnections) {
      this.#refuse(`${this.#limits.openConnections} connections at once`);
    }
    this.#count('connections', host, 1);
    this.#open += 1;
    let counted = true;
    return () => {
      if (counted) this.#open -= 1;
      counted = false;
    };
  }

  /** Counts bytes that went to `host` or came from it. */
  bytes(host: string, count: number): void {
    this.#count('bytes', host, count, 'bytes');
  }

  lookup(): void {
    if (this.#lookups >= this.#limits.lookups) this.#refuse(`${this.#limits.lookups} name lookups`);
    this.#lookups += 1;
  }

  /** The guest wanted to hold more handles than there may be. */
  full(handles: number): void {
    this.#spent ??= `${handles} sockets, requests and lookups at once`;
  }

  /** @throws NetworkFailure `limit` or `bytes` when that is more than the invocation may use */
  #count(kind: Kind, host: string, count: number, reason: 'limit' | 'bytes' = 'limit'): void {
    const [all, perHost] = kinds[kind];
    const used = this.#hosts.get(host) ?? { connections: 0, requests: 0, bytes: 0 };
    if (this.#total[kind] + count > this.#limits[all]) {
      this.#refuse(`${this.#limits[all]} ${kind}`, reason);
    }
    if (used[kind] + count > this.#limits[perHost]) {
      this.#refuse(`${this.#limits[perHost]} ${kind} for one host`, reason);
    }
    this.#total[kind] += count;
    used[kind] += count;
    this.#hosts.set(host, used);
  }

  #refuse(limit: string, reason: 'limit' | 'bytes' = 'limit'): never {
    this.#spent ??= limit;
    throw new NetworkFailure(reason);
  }
}
