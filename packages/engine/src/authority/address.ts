/** IP addresses and CIDR blocks, parsed strictly: one text, one address. */
import { Refusal } from './refusal.ts';

export interface Address {
  readonly version: 4 | 6;
  readonly bits: bigint;
}

export interface Block extends Address {
  /** Number of leading bits that all members share. */
  readonly prefix: number;
}

const width = (version: 4 | 6): number => (version === 4 ? 32 : 128);

/** Four decimal numbers without leading zeros (`010.0.0.1` is octal to some readers and decimal to others). */
function parseV4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let bits = 0n;
  for (const part of parts) {
    if (!/^(0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) return undefined;
    bits = (bits << 8n) | BigInt(part);
  }
  return bits;
}

/** `dotted`: whether the last group may be an IPv4 address. */
function parseGroups(text: string, dotted: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (dotted && index === parts.length - 1 && part.includes('.')) {
      const v4 = parseV4(part);
      if (v4 === undefined) return undefined;
      groups.push(Number(v4 >> 16n), Number(v4 & 0xffffn));
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined;
      groups.push(Number.parseInt(part, 16));
    }
  }
  return groups;
}

function parseV6(text: string): bigint | undefined {
  if (text.length > 45) return undefined;
  const halves = text.split('::');
  const head = parseGroups(halves[0] ?? '', halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? '', true) : [];
  if (halves.length > 2 || head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...Array<number>(missing).fill(0), ...tail];
  return groups.reduce((bits, group) => (bits << 16n) | BigInt(group), 0n);
}

/** No brackets, no zone, no prefix; `undefined` for anything else. */
export function parseAddress(text: string): Address | undefined {
  const v4 = parseV4(text);
  if (v4 !== undefined) return { version: 4, bits: v4 };
  const v6 = text.includes(':') ? parseV6(text) : undefined;
  return v6 === undefined ? undefined : { version: 6, bits: v6 };
}

function formatV6(bits: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((bits >> BigInt(112 - 16 * index)) & 0xffffn).toString(16),
  );
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start += 1) {
    let length = 0;
    while (groups[start + length] === '0') length += 1;
    if (length > best.length) best = { start, length };
  }
  if (best.start < 0) return groups.join(':');
  const after = groups.slice(best.start + best.length).join(':');
  return `${groups.slice(0, best.start).join(':')}::${after}`;
}

/** Canonical text (RFC 5952 for version 6). */
export function formatAddress(address: Address): string {
  if (address.version === 6) return formatV6(address.bits);
  return [24n, 16n, 8n, 0n].map((shift) => ((address.bits >> shift) & 255n).toString()).join('.');
}

export function formatBlock(block: Block): string {
  return `${formatAddress(block)}/${block.prefix}`;
}

export function blockContains(block: Block, address: Address): boolean {
  if (block.version !== address.version) return false;
  const shift = BigInt(width(block.version) - block.prefix);
  return block.bits >> shift === address.bits >> shift;
}

export function blockWithin(inner: Block, outer: Block): boolean {
  return inner.prefix >= outer.prefix && blockContains(outer, inner);
}

const mappedPrefix = 0xffffn;

/** `::ffff:a.b.c.d` reaches the same host as `a.b.c.d`, so it is judged as that. */
export function unmap(address: Address): Address {
  return address.version === 6 && address.bits >> 32n === mappedPrefix
    ? { version: 4, bits: address.bits & 0xffffffffn }
    : address;
}

/** `10.0.0.0/8`, `192.0.2.7`, `2001:db8::/32`: full address, prefix in range, no bits set behind the prefix. */
export function parseBlock(text: string): Block | Refusal {
  const slash = text.indexOf('/');
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined) {
    return new Refusal(
      'this is no IP address: four decimal numbers without leading zeros, or an IPv6 address without brackets and zone',
    );
  }
  const size = width(address.version);
  const prefixText = slash < 0 ? String(size) : text.slice(slash + 1);
  const prefix = /^(0|[1-9][0-9]{0,2})$/.test(prefixText) ? Number(prefixText) : Number.NaN;
  if (!(prefix <= size)) return new Refusal(`the prefix length must be a number from 0 to ${size}`);
  if (address.version === 6 && prefix >= 96 && address.bits >> 32n === mappedPrefix) {
    const v4 = formatBlock({ ...unmap(address), prefix: prefix - 96 });
    return new Refusal('IPv4 addresses in IPv6 notation are judged as IPv4', v4);
  }
  const shift = BigInt(size - prefix);
  const bits = (address.bits >> shift) << shift;
  if (bits !== address.bits) {
    const exact = formatBlock({ version: address.version, bits, prefix });
    return new Refusal(`the address has bits set behind the prefix /${prefix}`, exact);
  }
  return { version: address.version, bits, prefix };
}
