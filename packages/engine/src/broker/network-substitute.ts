/**
 * Servers of a test's own in place of all others. Names, addresses and ports are judged as the guest asked for them;
 * only what would then be connected to is another address.
 */
import type { Resolve } from './dns.ts';
import { NetworkFailure } from './network-failure.ts';

/** What stands in for names and hosts in tests; everything that judges runs as in use. */
export interface NetworkSubstitute {
  /** Addresses of each name, in normal form (lower case, ASCII). */
  readonly names: Readonly<Record<string, readonly string[]>>;
  /** Addresses of every other name; none, and it is not found. */
  readonly otherwise: readonly string[];
  /** Ports on 127.0.0.1 that HTTP and HTTPS connections go to, whatever their address and port. */
  readonly http: number;
  /** Port on the loopback interface that takes TLS connections. */
  readonly https: number;
}

export function substituteResolver({ names, otherwise }: NetworkSubstitute): Resolve {
  return async (name) => {
    const found = Object.hasOwn(names, name) ? names[name]! : otherwise;
    if (found.length === 0) throw new NetworkFailure('name-not-found');
    return found;
  };
}

/** Where a judged connection goes instead. Plain sockets have no substitute. */
export function substituteServer(
  substitute: NetworkSubstitute,
  scheme: 'http' | 'https' | undefined,
): { readonly address: string; readonly port: number } {
  if (scheme === undefined) throw new NetworkFailure('refused');
  return { address: '127.0.0.1', port: substitute[scheme] };
}
