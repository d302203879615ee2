/**
 * Manifest lines: one whole section of the manifest as it has to be so that one thing more is allowed. Where the
 * section does not exist yet, append the lines to the skill's entry; where it does, they replace it.
 */
import type {
  DeclaredCredential,
  DeclaredEnvironment,
  DeclaredInterface,
  DeclaredNetwork,
  NetworkProtocol,
  NetworkRule,
} from '../manifest/types.ts';
import { parseAddress } from './address.ts';
import { environmentMatches, isSensitiveName } from './environment.ts';
import { defaultPorts } from './network-rule.ts';

/** A TOML basic string. */
function tomlString(text: string): string {
  return JSON.stringify(text).replaceAll('\u007f', '\\u007f');
}

function tomlKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : tomlString(key);
}

function listLine(key: string, values: readonly (string | number)[]): string[] {
  if (values.length === 0) return [];
  const items = values.map((value) =>
    typeof value === 'number' ? String(value) : tomlString(value),
  );
  return [`${key} = [${items.join(', ')}]`];
}

const union = <T>(list: readonly T[], ...more: readonly T[]): T[] => [
  ...new Set([...list, ...more]),
];

export interface WrittenPath {
  readonly written: string;
  /** Absolute. */
  readonly path: string;
}

export function filesystemLines(
  table: string,
  section: {
    readonly read: readonly WrittenPath[];
    readonly write: readonly WrittenPath[];
    readonly forbidden: readonly WrittenPath[];
  },
  added: { readonly path: string; readonly access: 'read' | 'read-write' },
): string[] {
  const written = (list: readonly WrittenPath[]): string[] => list.map((entry) => entry.written);
  const writes = added.access === 'read-write';
  const same = section.read.find((entry) => entry.path === added.path);
  const kept = writes ? section.read.filter((entry) => entry !== same) : section.read;
  const text = same?.written ?? added.path;
  return [
    `[${table}.filesystem]`,
    ...listLine('read', writes ? written(kept) : union(written(kept), text)),
    ...listLine('write', writes ? union(written(section.write), text) : written(section.write)),
    ...listLine('forbidden', written(section.forbidden)),
  ];
}

export interface NetworkAddition {
  readonly protocol: NetworkProtocol;
  readonly port: number;
  /** Normalised name, or canonical address without prefix. */
  readonly host: string;
}

const hostPrefix = /\/(?:32|128)$/;

/** The short form of a rule, if it has exactly one host, port and protocol. */
function asUrl(rule: Omit<NetworkRule, 'source'>): string | undefined {
  const [host, ...others] = [...rule.domains, ...rule.addresses];
  const [port, ...ports] = rule.ports;
  const [protocol, ...protocols] = rule.protocols;
  if (host === undefined || port === undefined || protocol === undefined) return undefined;
  if (others.length + ports.length + protocols.length > 0) return undefined;
  if (host.includes('/') && !hostPrefix.test(host)) return undefined;
  const bare = host.replace(hostPrefix, '');
  const authority = bare.includes(':') ? `[${bare}]` : bare;
  return `${protocol}://${authority}${defaultPorts[protocol] === port ? '' : `:${port}`}`;
}

export function networkLines(
  table: string,
  declared: DeclaredNetwork,
  added: NetworkAddition,
): string[] {
  const isAddress = parseAddress(added.host) !== undefined;
  const rule = {
    domains: isAddress ? [] : [added.host],
    addresses: isAddress ? [added.host] : [],
    ports: [added.port],
    protocols: [added.protocol],
  };
  const urls = [...declared.rules, rule].map((one) => asUrl(one));
  if (declared.written === 'urls' && urls.every((url) => url !== undefined)) {
    return [`[${table}]`, ...listLine('network', union(urls))];
  }
  const all = <K extends keyof typeof rule>(key: K): (string | number)[] => [
    ...new Set([...declared.rules, rule].flatMap((one): readonly (string | number)[] => one[key])),
  ];
  return [
    `[${table}.network]`,
    ...listLine('allowed_domains', all('domains')),
    ...listLine(
      'allowed_ips',
      union(all('addresses').map((text) => String(text).replace(hostPrefix, ''))),
    ),
    ...listLine('allowed_ports', all('ports')),
    ...listLine('protocols', all('protocols')),
    ...(declared.dns === undefined ? [] : [`dns = ${tomlString(declared.dns)}`]),
  ];
}

export function environmentLines(table: string, rule: DeclaredEnvironment, name: string): string[] {
  const keeps = (entry: string): boolean => !environmentMatches(entry, name);
  const patterns = rule.patterns.filter((entry) => !entry.startsWith('!') || keeps(entry.slice(1)));
  const listed =
    !isSensitiveName(name) && patterns.some((entry) => environmentMatches(entry, name));
  return [
    `[${table}.environment]`,
    ...listLine('allowlist', listed ? rule.allowlist : union(rule.allowlist, name)),
    ...listLine('blocklist', rule.blocklist.filter(keeps)),
    ...listLine('patterns', patterns),
  ];
}

export function interfaceLines(
  table: string,
  declared: readonly DeclaredInterface[],
  name: string,
): string[] {
  const names = declared.map((entry) => entry.name);
  return [`[${table}]`, ...listLine('interfaces', union(names, name))];
}

export function credentialLines(
  table: string,
  declared: readonly DeclaredCredential[],
  added: { readonly name: string; readonly host: string },
): string[] {
  const names = union(
    declared.map((entry) => entry.name),
    added.name,
  );
  const lines = names.map((name) => {
    const old = declared.find((entry) => entry.name === name);
    const isAdded = name === added.name;
    const hosts = isAdded ? union(old?.hosts ?? [], added.host) : (old?.hosts ?? []);
    const guest = old?.exposure === 'guest';
    const list = `hosts = [${hosts.map(tomlString).join(', ')}]`;
    const places = old?.places ?? ['header'];
    const own =
      places.join() === 'header' ? '' : `, places = [${places.map(tomlString).join(', ')}]`;
    const told =
      old?.description === undefined ? '' : `, description = ${tomlString(old.description)}`;
    return `${tomlKey(name)} = { ${list}${guest ? ', exposure = "guest"' : ''}${own}${told} }`;
  });
  return [`[${table}.credentials]`, ...lines];
}
