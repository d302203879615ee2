/** From a Wassette policy (YAML) to a manifest of ours, and what of it has no counterpart. Pure. */
import { parse } from 'yaml';
import { type Imported, literal, type Members, members, table, textOf } from './import-lines.ts';

function entries(value: unknown): readonly Members[] {
  return Array.isArray(value) ? value.map(members) : [];
}

const known: Readonly<Record<string, readonly string[]>> = {
  permissions: ['storage', 'network', 'environment'],
  storage: ['allow', 'deny'],
  network: ['allow', 'deny'],
  environment: ['allow'],
};

/** @throws a plain error when the text is no YAML */
export function importWassette(text: string, name: string): Imported {
  const policy = members(parse(text));
  const permissions = members(policy['permissions']);
  const left: string[] = [];
  const unknown = (table: string, given: Members) => {
    for (const key of Object.keys(given)) {
      if (!known[table]!.includes(key)) left.push(`${table}.${key}: there is no counterpart`);
    }
  };
  unknown('permissions', permissions);
  for (const area of known['permissions']!) unknown(area, members(permissions[area]));
  const lines = ['[skill]', `name = ${literal(name)}`, `component = "./${name}.wasm"`];
  const description = textOf(policy['description']);
  if (description !== undefined) lines.push(`description = ${literal(description)}`);
  lines.push(
    ...storage(members(permissions['storage']), left),
    ...network(members(permissions['network']), left),
    ...environment(members(permissions['environment']), left),
  );
  return { toml: `${lines.join('\n')}\n`, left };
}

function storage({ allow, deny }: Members, left: string[]): string[] {
  const read: string[] = [];
  const write: string[] = [];
  const forbidden: string[] = [];
  for (const { uri, access } of entries(allow)) {
    const path = pathOf(uri, left);
    if (path === undefined) continue;
    const isWrite = Array.isArray(access) && access.includes('write');
    (isWrite ? write : read).push(path);
  }
  for (const { uri } of entries(deny)) forbidden.push(deniedPath(uri, left));
  return table('[skill.capabilities.filesystem]', { read, write, forbidden });
}

/** What cannot be said exactly is denied with everything beside it: a grant never exceeds the policy. */
function deniedPath(uri: unknown, left: string[]): string {
  const path = /^fs:\/\/\/?([^*?[\]{}\\]*)/u.exec(textOf(uri) ?? '')?.[1] ?? '';
  if (path.split('/').includes('..')) return '/';
  const [, exact] = /^fs:\/\/\/?([^*?[\]{}\\]+?)(?:\/\*\*)?$/u.exec(textOf(uri) ?? '') ?? [];
  if (exact !== undefined) return `/${exact}`;
  const wide = `/${path.slice(0, Math.max(path.lastIndexOf('/'), 0))}`;
  left.push(`storage deny ${JSON.stringify(uri)}: all of ${wide} is forbidden instead`);
  return wide;
}

/** `fs://srv/agent/**` is everything below `/srv/agent`; a grant of ours always is. */
function pathOf(uri: unknown, left: string[]): string | undefined {
  const path = /^fs:\/\/\/?([^*?[\]{}]*?)(\/\*\*|\/\*)?$/u.exec(textOf(uri) ?? '');
  if (!path || path[1] === '' || path[1]!.split('/').includes('..')) {
    left.push(
      `storage ${JSON.stringify(uri)}: only fs:// with a path, or a path and /** at its end`,
    );
    return undefined;
  }
  if (path[2] === '/*') {
    left.push(
      `storage ${JSON.stringify(uri)}: left out, as a grant covers what is deeper, too; add it as "/${path[1]}" if that is meant`,
    );
    return undefined;
  }
  return `/${path[1]}`;
}

/** A denial has no counterpart; what it may take something from is not granted. */
function network({ allow, deny }: Members, left: string[]): string[] {
  const denied = entries(deny).map(({ host }) => hostOf(host)?.toLowerCase());
  const isTouched = (name: string): boolean =>
    denied.some((other) => other === undefined || overlap(other, name.toLowerCase()));
  const domains: string[] = [];
  const addresses: string[] = [];
  for (const { host, cidr } of entries(allow)) {
    const name = hostOf(host);
    const touched = name === undefined ? denied.length > 0 : isTouched(name);
    if (touched)
      left.push(`network ${JSON.stringify(host ?? cidr)}: left out, as network.deny may touch it`);
    else if (name !== undefined && /^(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)+$/iu.test(name)) {
      domains.push(name);
    } else if (typeof cidr === 'string') addresses.push(cidr);
    else left.push(`network ${JSON.stringify(host)}: name hosts, or *. and a domain`);
  }
  if (domains.length + addresses.length === 0) return [];
  return table('[skill.capabilities.network]', {
    allowed_domains: domains,
    allowed_ips: addresses,
    allowed_ports: [443],
    protocols: ['https'],
  });
}

function hostOf(host: unknown): string | undefined {
  return textOf(host)?.replace(/^https?:\/\//u, '');
}

/** Whether one may be, or contain, the other. */
function overlap(one: string, other: string): boolean {
  if (!/^(?:\*\.)?[a-z0-9.-]+$/u.test(one)) return true;
  const [bare, otherBare] = [one.replace(/^\*/u, ''), other.replace(/^\*/u, '')];
  return (
    one === other ||
    (bare !== one && other.endsWith(bare)) ||
    (otherBare !== other && one.endsWith(otherBare))
  );
}

function environment({ allow }: Members, left: string[]): string[] {
  const allowlist: string[] = [];
  for (const { key, value_from: from, value } of entries(allow)) {
    if (typeof key !== 'string') continue;
    allowlist.push(key);
    if ((from !== undefined && from !== key) || value !== undefined) {
      left.push(`environment ${key}: its value comes from the variable of the same name only`);
    }
  }
  return table('[skill.capabilities.environment]', { allowlist });
}
