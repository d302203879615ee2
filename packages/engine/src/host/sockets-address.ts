/** Addresses as wasi:sockets has them, to and from the strict text that the broker judges. */
import { formatAddress, parseAddress, unmap } from '../authority/address.ts';

export type Family = 'ipv4' | 'ipv6';

export type IpAddress =
  | { readonly tag: 'ipv4'; readonly val: readonly number[] }
  | { readonly tag: 'ipv6'; readonly val: readonly number[] };

export type IpSocketAddress =
  | {
      readonly tag: 'ipv4';
      readonly val: { readonly port: number; readonly address: readonly number[] };
    }
  | {
      readonly tag: 'ipv6';
      readonly val: {
        readonly port: number;
        readonly flowInfo: number;
        readonly address: readonly number[];
        readonly scopeId: number;
      };
    };

/** What the broker takes and gives. */
export interface SocketAddress {
  readonly address: string;
  readonly port: number;
}

function bitsOf(parts: readonly number[], width: bigint): bigint {
  return parts.reduce((bits, part) => (bits << width) | BigInt(part), 0n);
}

/**
 * The text of an address that a socket of that family may name: no zone, no IPv4 in IPv6 notation.
 *
 * @throws `invalid-argument`
 */
export function toText(family: Family, given: IpSocketAddress): SocketAddress {
  if (given.tag !== family) throw 'invalid-argument';
  if (given.tag === 'ipv4') {
    const bits = bitsOf(given.val.address, 8n);
    return { address: formatAddress({ version: 4, bits }), port: given.val.port };
  }
  const address = { version: 6, bits: bitsOf(given.val.address, 16n) } as const;
  if (given.val.scopeId !== 0 || unmap(address).version === 4) throw 'invalid-argument';
  return { address: formatAddress(address), port: given.val.port };
}

export function isUnspecified(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

export function toIpAddress(text: string): IpAddress {
  const parsed = parseAddress(text.split('%')[0] ?? '');
  if (parsed === undefined) throw 'unknown';
  const { version, bits } = parsed;
  const [count, width] = version === 4 ? [4, 8n] : [8, 16n];
  const val = Array.from({ length: count }, (_, index) =>
    Number((bits >> (width * BigInt(count - 1 - index))) & ((1n << width) - 1n)),
  );
  return { tag: version === 4 ? 'ipv4' : 'ipv6', val };
}

export function toSocketAddress({ address, port }: SocketAddress): IpSocketAddress {
  const { tag, val } = toIpAddress(address);
  return tag === 'ipv4'
    ? { tag, val: { port, address: val } }
    : { tag, val: { port, flowInfo: 0, address: val, scopeId: 0 } };
}
