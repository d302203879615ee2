/** Pure decisions on connections: first on the name as asked for, then on each address that it resolves to. */
import type { NetworkProtocol, NetworkRule } from '../manifest/types.ts';
import {
  blockContains,
  parseAddress,
  parseBlock,
  unmap,
  type Address,
  type Block,
} from './address.ts';
import { domainMatches, parseHost, type Host } from './domain.ts';
import { Refusal } from './refusal.ts';
import { blockNames, specialKind } from './special-address.ts';
import type { EffectiveNetwork } from './types.ts';

export interface Endpoint {
  readonly protocol: NetworkProtocol;
  /** A name or an IP address, as the guest gave it; brackets around IPv6 are accepted. */
  readonly host: string;
  readonly port: number;
}

export type NetworkReason = 'malformed' | 'host' | 'protocol' | 'port' | 'special';

export type NetworkVerdict =
  /** The host is an IP address, and connecting to it is allowed. */
  | { readonly kind: 'connect'; readonly address: string }
  /** Resolve `host` (use this text, not the guest's) once, and ask `judgeAddress` about each address. */
  | { readonly kind: 'resolve'; readonly host: string }
  | {
      readonly kind: 'denied';
      readonly reason: NetworkReason;
      /** Which layer denied. */
      readonly layer: number;
      /** For `special`: what the address is. */
      readonly special?: string;
    };

type Match = 'yes' | 'perhaps' | 'special' | 'no';

function matchHost(
  rule: NetworkRule,
  name: string | undefined,
  address: Address | undefined,
): Match {
  const byName = name !== undefined && rule.domains.some((pattern) => domainMatches(pattern, name));
  if (address === undefined) return byName ? 'yes' : rule.addresses.length > 0 ? 'perhaps' : 'no';
  const blocks = rule.addresses
    .map((text) => parseBlock(text))
    .filter((block): block is Block => !(block instanceof Refusal));
  const plain = unmap(address);
  if (!byName && !blocks.some((block) => blockContains(block, plain))) return 'no';
  if (specialKind(plain) === undefined || blocks.some((block) => blockNames(block, plain)))
    return 'yes';
  return 'special';
}

/** `undefined` if a rule allows it, else the reason that comes closest. */
function judgeLayer(
  rules: readonly NetworkRule[],
  endpoint: { readonly protocol?: NetworkProtocol; readonly port?: number },
  name: string | undefined,
  address: Address | undefined,
): Exclude<NetworkReason, 'malformed'> | undefined {
  let closest: Exclude<NetworkReason, 'malformed'> = 'host';
  const closer = ['host', 'special', 'protocol', 'port'] as const;
  for (const rule of rules) {
    const match = matchHost(rule, name, address);
    if (match === 'no' || rule.protocols.length === 0 || rule.ports.length === 0) continue;
    const reason =
      match === 'special'
        ? 'special'
        : endpoint.protocol !== undefined && !rule.protocols.includes(endpoint.protocol)
          ? 'protocol'
          : endpoint.port !== undefined && !rule.ports.includes(endpoint.port)
            ? 'port'
            : undefined;
    if (reason === undefined) return undefined;
    if (closer.indexOf(reason) > closer.indexOf(closest)) closest = reason;
  }
  return closest;
}

function judge(
  network: EffectiveNetwork,
  endpoint: { readonly protocol?: NetworkProtocol; readonly port?: number },
  name: string | undefined,
  address: Address | undefined,
): Extract<NetworkVerdict, { kind: 'denied' }> | undefined {
  if (network.layers.length === 0) return { kind: 'denied', reason: 'host', layer: 0 };
  for (const [layer, { rules }] of network.layers.entries()) {
    const reason = judgeLayer(rules, endpoint, name, address);
    if (reason === undefined) continue;
    const special = address === undefined ? undefined : specialKind(address);
    return special === undefined
      ? { kind: 'denied', reason, layer }
      : { kind: 'denied', reason, layer, special };
  }
  return undefined;
}

const malformed = { kind: 'denied', reason: 'malformed', layer: 0 } as const;

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535;
}

function sameAddress(text: string, other: Address): boolean {
  const own = parseAddress(text);
  return own !== undefined && own.version === other.version && own.bits === other.bits;
}

/** The first decision, before anything leaves the machine. Ask again for every redirect hop. */
export function judgeEndpoint(network: EffectiveNetwork, endpoint: Endpoint): NetworkVerdict {
  const host: Host | undefined = parseHost(endpoint.host);
  if (host === undefined || !isPort(endpoint.port)) return malformed;
  if (host.kind === 'address') return judgeAddress(network, endpoint, host.address);
  return judge(network, endpoint, host.name, undefined) ?? { kind: 'resolve', host: host.name };
}

/** The second decision: may a connection for `endpoint` go to `address`? Connect to this address and no other. */
export function judgeAddress(
  network: EffectiveNetwork,
  endpoint: Endpoint,
  address: string,
): NetworkVerdict {
  const host = parseHost(endpoint.host);
  const parsed = parseAddress(address);
  if (host === undefined || parsed === undefined || !isPort(endpoint.port)) return malformed;
  if (host.kind === 'address' && !sameAddress(host.address, parsed)) return malformed;
  const name = host.kind === 'name' ? host.name : undefined;
  return judge(network, endpoint, name, parsed) ?? { kind: 'connect', address };
}

/** Name lookup without a connection: may this name be resolved at all? */
export function judgeLookup(network: EffectiveNetwork, name: string): NetworkVerdict {
  const host = parseHost(name);
  if (host === undefined) return malformed;
  if (host.kind === 'address') {
    return judgeLookupAnswer(network, name, host.address);
  }
  return judge(network, {}, host.name, undefined) ?? { kind: 'resolve', host: host.name };
}

/** May the guest learn that `name` resolves to `address`? Only if some protocol and port would be allowed there. */
export function judgeLookupAnswer(
  network: EffectiveNetwork,
  name: string,
  address: string,
): NetworkVerdict {
  const host = parseHost(name);
  const parsed = parseAddress(address);
  if (host === undefined || parsed === undefined) return malformed;
  const asked = host.kind === 'name' ? host.name : undefined;
  return judge(network, {}, asked, parsed) ?? { kind: 'connect', address };
}
