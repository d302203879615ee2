/**
 * Addresses that are not the public internet: a name that resolves to one of them is refused unless `allowed_ips`
 * names it. Source: the IANA special-purpose registries (RFC 6890 and its updates), and the metadata services of
 * AWS, Azure, Google, Alibaba and Oracle clouds.
 */
import {
  blockContains,
  blockWithin,
  parseBlock,
  unmap,
  type Address,
  type Block,
} from './address.ts';
import { Refusal } from './refusal.ts';

interface SpecialBlock {
  readonly block: Block;
  readonly kind: string;
}

const table: readonly (readonly [string, string])[] = [
  ['0.0.0.0/8', 'this-network'],
  ['10.0.0.0/8', 'private'],
  ['100.64.0.0/10', 'carrier-grade NAT'],
  ['100.100.100.200/32', 'cloud metadata'],
  ['127.0.0.0/8', 'loopback'],
  ['168.63.129.16/32', 'cloud metadata'],
  ['169.254.0.0/16', 'link-local'],
  ['169.254.169.254/32', 'cloud metadata'],
  ['169.254.170.2/32', 'cloud metadata'],
  ['172.16.0.0/12', 'private'],
  ['192.0.0.0/24', 'protocol assignment'],
  ['192.0.0.192/32', 'cloud metadata'],
  ['192.0.2.0/24', 'documentation'],
  ['192.88.99.0/24', '6to4 relay'],
  ['192.168.0.0/16', 'private'],
  ['198.18.0.0/15', 'benchmarking'],
  ['198.51.100.0/24', 'documentation'],
  ['203.0.113.0/24', 'documentation'],
  ['224.0.0.0/4', 'multicast'],
  ['240.0.0.0/4', 'reserved'],
  ['255.255.255.255/32', 'broadcast'],
  ['::/96', 'unspecified, loopback or IPv4-compatible'],
  ['::/128', 'unspecified'],
  ['::1/128', 'loopback'],
  ['::ffff:0:0:0/96', 'translated'],
  ['64:ff9b:1::/48', 'local translation'],
  ['100::/64', 'discard'],
  ['2001::/23', 'protocol assignment'],
  ['2001:db8::/32', 'documentation'],
  ['3fff::/20', 'documentation'],
  ['5f00::/16', 'segment routing'],
  ['fc00::/7', 'unique local'],
  ['fd00:ec2::254/128', 'cloud metadata'],
  ['fe80::/10', 'link-local'],
  ['fec0::/10', 'site-local'],
  ['ff00::/8', 'multicast'],
];

const specialBlocks: readonly SpecialBlock[] = table
  .map(([text, kind]) => {
    const block = parseBlock(text);
    if (block instanceof Refusal) throw new Error(`${text}: ${block.why ?? ''}`);
    return { block, kind };
  })
  .sort((a, b) => b.block.prefix - a.block.prefix);

/** The IPv4 address that a translator would reach: NAT64 (RFC 6052) and 6to4 (RFC 3056). */
function embedded(address: Address): Address | undefined {
  if (address.version !== 6) return undefined;
  if (address.bits >> 32n === 0x64ff9b0000000000000000n) {
    return { version: 4, bits: address.bits & 0xffffffffn };
  }
  if (address.bits >> 112n === 0x2002n) {
    return { version: 4, bits: (address.bits >> 80n) & 0xffffffffn };
  }
  return undefined;
}

function mostSpecific(address: Address): SpecialBlock | undefined {
  return specialBlocks.find(({ block }) => blockContains(block, address));
}

/** What makes this address special, such as `loopback` or `cloud metadata`; `undefined` for a public one. */
export function specialKind(given: Address): string | undefined {
  const address = unmap(given);
  const inner = embedded(address);
  if (inner === undefined) return mostSpecific(address)?.kind;
  const kind = mostSpecific(inner)?.kind;
  return kind === undefined ? undefined : `translated ${kind}`;
}

/**
 * Whether `block` names the special address: it contains it and lies wholly within the special range. So `10.0.0.0/8`
 * names private addresses, `0.0.0.0/0` names none, and `169.254.0.0/16` does not name the metadata service in it.
 */
export function blockNames(block: Block, given: Address): boolean {
  const address = unmap(given);
  if (!blockContains(block, address)) return false;
  if (embedded(address) !== undefined) return block.prefix === 128;
  const special = mostSpecific(address);
  return special === undefined || blockWithin(block, special.block);
}
