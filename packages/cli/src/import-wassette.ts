/** From a Wassette policy (YAML) to a manifest of ours, and what of it has no counterpart. Pure. */
import { parse } from 'yaml';

export interface Imported {
  readonly toml: string;
  /** What could not be carried over, each in one line. */
  readonly left: readonly string[];
}

type Members = Readonly<Record<string, unknown>>;

function members(value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Members)
    : {};
}

function entries(value: unknown): readonly Members[] {
  return Array.isArray(value) ? value.map(members) : [];
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

const known: Readonly<Record<string, readonly string[]>> = {
  permissions: ['storage', 'network', 'environment'],
  storage: ['allow', 'deny'],
  network: ['allow'],
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
  const lines = ['[skill]', `name = ${JSON.stringify(name)}`, `component = "./${name}.wasm"`];
  const description = textOf(policy['description']);
  if (description !== undefined) lines.push(`description = ${JSON.stringify(description)}`);
  lines.push(
    ...storage(members(permissions['storage']), left),
    ...network(members(permissions['network']), left),
    ...environment(members(permissions['environment']), left),
  );
  return { toml: `${lines.join('\n')}\n`, left };
}

/** A table of the manifest, or nothing where all lists are empty. */
function table(area: string, lists: Readonly<Record<string, readonly (string | number)[]>>) {
  const filled = Object.entries(lists).filter(([, list]) => list.length > 0);
  if (filled.length === 0) return [];
  return [
    '',
    `[skill.capabilities.${area}]`,
    ...filled.map(([key, list]) => `${key} = ${JSON.stringify([...new Set(list)])}`),
  ];
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
  for (const { uri } of entries(deny)) {
    const path = pathOf(uri, left);
    if (path !== undefined) forbidden.push(path);
  }
  return table('filesystem', { read, write, forbidden });
}

/** `fs://work/agent/**` is everything below `/work/agent`; a grant of ours always is. */
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

function network({ allow }: Members, left: string[]): string[] {
  const domains: string[] = [];
  const addresses: string[] = [];
  for (const { host, cidr } of entries(allow)) {
    const name = textOf(host)?.replace(/^https?:\/\//u, '');
    if (name !== undefined && /^(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)+$/iu.test(name)) {
      domains.push(name);
    } else if (typeof cidr === 'string') addresses.push(cidr);
    else left.push(`network ${JSON.stringify(host)}: name hosts, or *. and a domain`);
  }
  if (domains.length + addresses.length === 0) return [];
  return table('network', {
    allowed_domains: domains,
    allowed_ips: addresses,
    allowed_ports: [443],
    protocols: ['https'],
  });
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
  return table('environment', { allowlist });
}
