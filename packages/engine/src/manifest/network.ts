/** The network area: `"none"`, URLs, or the long form with its four lists. */
import { formatBlock, parseBlock } from '../authority/address.ts';
import { parseDomainPattern } from '../authority/domain.ts';
import {
  checkDns,
  defaultPorts,
  networkProtocols,
  parseNetworkUrl,
} from '../authority/network-rule.ts';
import { Refusal } from '../authority/refusal.ts';
import { byKind, described, mapped, spanned, type Form } from './form.ts';
import { list, table } from './form-compound.ts';
import { checkedText, integer, oneOf, parsedText } from './form-scalar.ts';
import type { DeclaredNetwork, NetworkRule } from './types.ts';

const allowed =
  '"none", an array of URLs such as ["https://api.example.com"], or a table with allowed_domains, allowed_ips, allowed_ports, protocols, dns';

const url = parsedText({
  allowed:
    'a URL of scheme, host and port such as "https://api.example.com" or "tcp://10.0.0.7:5432"',
  schema: { pattern: '^(https|http|tcp|udp)://[^/?#@]+/?$' },
  parse: parseNetworkUrl,
});

const none: Form<DeclaredNetwork> = {
  allowed,
  schema: { const: 'none' },
  read(node, place) {
    if (node.kind !== 'string') return place.wrong(node, allowed);
    if (node.value === 'none') return { rules: [], dns: undefined };
    const single = !(parseNetworkUrl(node.value) instanceof Refusal);
    return place.wrong(
      node,
      allowed,
      undefined,
      single ? `[${JSON.stringify(node.value)}]` : undefined,
    );
  },
};

const domain = parsedText({
  allowed: 'a domain such as "api.github.com", or "*.amazonaws.com" for all names below one',
  parse: parseDomainPattern,
});

const block = parsedText({
  allowed: 'an IP address or CIDR block such as "192.0.2.7" or "10.0.0.0/8"',
  parse(text) {
    const parsed = parseBlock(text);
    return parsed instanceof Refusal ? parsed : formatBlock(parsed);
  },
});

const long = table({
  allowed_domains: described(
    list(domain, 'an array of domains'),
    'Names: exact, or `*.` for one or more labels before a name, never the name itself.',
  ),
  allowed_ips: described(
    list(block, 'an array of addresses and CIDR blocks'),
    'Addresses; the only way to private, loopback and other special ones.',
  ),
  allowed_ports: described(
    list(integer(1, 65_535), 'an array of ports'),
    'Default: the usual ports of the protocols, 443 for https and 80 for http.',
  ),
  protocols: described(
    list(oneOf(networkProtocols), 'an array of https, http, tcp and udp'),
    'Protocols.',
    {
      default: ['https'],
    },
  ),
  dns: described(
    checkedText('"system", "cloudflare", "quad9", an IP address or an https URL', checkDns),
    'The resolver.',
    { default: 'system' },
  ),
});

export const network: Form<DeclaredNetwork> = byKind<DeclaredNetwork>({
  string: none,
  array: mapped({ ...list(spanned(url), allowed), allowed }, (entries) => ({
    rules: entries.map(({ value, source }) => ({ ...value, source })),
    dns: undefined,
    written: 'urls',
  })),
  table: mapped({ ...long, allowed }, (value, place, node) => {
    const {
      allowed_domains: domains = [],
      allowed_ips: addresses = [],
      protocols = ['https'],
    } = value;
    const needPorts = protocols.filter((protocol) => defaultPorts[protocol] === undefined);
    if (value.allowed_ports === undefined && needPorts.length > 0) {
      return place.complain(node.at, {
        found: `no allowed_ports with ${needPorts.join(' and ')}, which have no usual port`,
        allowed: 'allowed_ports = [PORT, …]',
      });
    }
    const usual = protocols.flatMap((protocol) => defaultPorts[protocol] ?? []);
    const rule: NetworkRule = {
      domains,
      addresses,
      ports: value.allowed_ports ?? usual,
      protocols,
      source: place.span(node.at),
    };
    const isEmpty = domains.length + addresses.length === 0;
    return { rules: isEmpty ? [] : [rule], dns: value.dns };
  }),
});
