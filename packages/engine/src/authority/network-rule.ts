/** Network rules as they are written: the short form is a URL, the long form four lists. */
import type { NetworkProtocol, NetworkRule } from '../manifest/types.ts';
import { parseBlock, formatBlock } from './address.ts';
import { parseDomainPattern, parseHost } from './domain.ts';
import { suggest } from '../manifest/suggest.ts';
import { Refusal } from './refusal.ts';

export const networkProtocols = [
  'https',
  'http',
  'tcp',
  'udp',
] as const satisfies NetworkProtocol[];

export const defaultPorts: Readonly<Partial<Record<NetworkProtocol, number>>> = {
  https: 443,
  http: 80,
};

export function parsePort(text: string): number | undefined {
  const port = /^[1-9][0-9]{0,4}$/.test(text) ? Number(text) : Number.NaN;
  return port <= 65_535 ? port : undefined;
}

/** `https://api.example.com`, `http://*.example.com:8080`, `tcp://10.0.0.7:5432`, `udp://[2001:db8::1]:53`. */
export function parseNetworkUrl(text: string): Omit<NetworkRule, 'source'> | Refusal {
  const shape = /^([a-z]+):\/\/(\[[^\]]*\]|[^:/?#@]*)(?::([0-9]+))?(\/?)$/.exec(text);
  if (shape === null) {
    if (!text.includes('://')) {
      const bare = parseDomainPattern(text);
      return new Refusal(
        'a scheme is missing',
        bare instanceof Refusal ? undefined : `https://${bare}`,
      );
    }
    if (text.includes('@')) return new Refusal('a rule has no user or password');
    const lower = text.replace(/^[A-Za-z]+/, (scheme) => scheme.toLowerCase());
    if (lower !== text) return new Refusal('a scheme has lower-case letters', lower);
    const origin = /^[a-z]+:\/\/[^/?#]+/.exec(text)?.[0];
    return new Refusal(
      'a rule is scheme, host and port; paths and queries cannot be enforced',
      origin,
    );
  }
  const [, scheme = '', hostText = '', portText] = shape;
  const protocol = networkProtocols.find((known) => known === scheme);
  if (protocol === undefined)
    return new Refusal(`the scheme is one of ${networkProtocols.join(', ')}`);
  const port = portText === undefined ? defaultPorts[protocol] : parsePort(portText);
  if (port === undefined) {
    return portText === undefined
      ? new Refusal(`${protocol} has no usual port: one has to follow the host`)
      : new Refusal('a port is a number from 1 to 65535');
  }
  const host = parseHost(hostText);
  const common = { ports: [port], protocols: [protocol] };
  if (host?.kind === 'address') {
    const block = parseBlock(hostText.replace(/^\[|\]$/g, ''));
    if (block instanceof Refusal) return block;
    return { domains: [], addresses: [formatBlock(block)], ...common };
  }
  const domain = parseDomainPattern(hostText);
  if (domain instanceof Refusal) return domain;
  return { domains: [domain], addresses: [], ...common };
}

/** `system`, `cloudflare`, `quad9`, an IP address, or the `https:` URL of a DoH server. */
export function checkDns(text: string): Refusal | undefined {
  const known = ['system', 'cloudflare', 'quad9'];
  if (known.includes(text)) return undefined;
  if (parseHost(text)?.kind === 'address') {
    const block = parseBlock(text);
    return block instanceof Refusal ? block : undefined;
  }
  if (/^https:\/\/[^/?#@\s]+(\/[\u0021-\u007e]*)?$/.test(text) && URL.canParse(text))
    return undefined;
  const secure = text.replace(/^http:/i, 'https:');
  const isSecured = secure !== text && checkDns(secure) === undefined;
  return new Refusal(undefined, isSecured ? secure : suggest(text, known));
}
