/** `[skills.capabilities]` and `[skills.overrides]`: the short and the long form of every area. */
import { parseDomainPattern } from '../authority/domain.ts';
import { checkEnvironmentPattern } from '../authority/environment.ts';
import { checkDeclaredPath } from '../authority/path.ts';
import { Refusal } from '../authority/refusal.ts';
import { byKind, described, mapped, referred, spanned, type Form, type Spanned } from './form.ts';
import { list, named, table, type TableValue } from './form-compound.ts';
import { checkedText, oneOf, parsedText, patternText, text } from './form-scalar.ts';
import { network } from './network.ts';
import type {
  CapabilityRestriction,
  CredentialPlace,
  DeclaredCapabilities,
  DeclaredCredential,
  DeclaredEnvironment,
  DeclaredFilesystem,
  DeclaredVolume,
  FilesystemAccess,
} from './types.ts';

const path = checkedText(
  'a path: absolute, from `~/`, or relative to the manifest',
  checkDeclaredPath,
  { minLength: 1 },
);

const shortPath = parsedText<{ readonly path: string; readonly access: FilesystemAccess }>({
  allowed: '"read:PATH" or "write:PATH"',
  schema: { pattern: '^(read|write):.+' },
  parse(entry) {
    const shape = /^([A-Za-z_-]*):(.*)$/s.exec(entry);
    const verb = shape?.[1] ?? '';
    const rest = shape?.[2] ?? entry;
    if (verb !== 'read' && verb !== 'write') {
      const meant = /^r?w|write/i.test(verb) ? 'write' : 'read';
      const usable = /^$|[rw]/i.test(verb) && checkDeclaredPath(rest) === undefined;
      return new Refusal(
        'the access is missing or unknown',
        usable ? `${meant}:${rest}` : undefined,
      );
    }
    const refusal = checkDeclaredPath(rest);
    if (refusal !== undefined) {
      return new Refusal(refusal.why, refusal.instead && `${verb}:${refusal.instead}`);
    }
    return { path: rest, access: verb === 'read' ? 'read' : 'read-write' };
  },
});

const paths = (description: string): Form<Spanned<string>[]> =>
  described(list(spanned(path), 'an array of paths'), description);

const filesystemAllowed =
  'an array such as ["read:/data"], or a table with read, write and forbidden';

const filesystem: Form<DeclaredFilesystem> = byKind<DeclaredFilesystem>(
  {
    array: mapped(list(spanned(shortPath), filesystemAllowed), (entries) => ({
      grants: entries.map(({ value, source }) => ({ ...value, source })),
      forbidden: [],
    })),
    table: mapped(
      table({
        read: paths('Directories or single files that may be read.'),
        write: paths('Directories or single files that may be read and written.'),
        forbidden: paths('Never accessible, whatever grants say.'),
      }),
      ({ read = [], write = [], forbidden = [] }) => ({
        grants: [
          ...read.map(({ value, source }) => ({ path: value, access: 'read' as const, source })),
          ...write.map(({ value, source }) => ({
            path: value,
            access: 'read-write' as const,
            source,
          })),
        ],
        forbidden: forbidden.map(({ value, source }) => ({ path: value, source })),
      }),
    ),
  },
  filesystemAllowed,
);

const variable = checkedText('a name, or a pattern with `*`', checkEnvironmentPattern, {
  pattern: '^[A-Za-z0-9_.*-]+$',
});

const orderedPattern = checkedText(
  'a name or a pattern with `*`, with `!` in front to remove',
  (entry) => checkEnvironmentPattern(entry.startsWith('!') ? entry.slice(1) : entry),
  { pattern: '^!?[A-Za-z0-9_.*-]+$' },
);

export const variables = (description: string): Form<string[]> =>
  described(list(variable, 'an array of names'), description);

const environment: Form<DeclaredEnvironment> = mapped(
  table({
    allowlist: variables('Names that pass; only an exact name lets a sensitive one pass.'),
    blocklist: variables('Names that never pass.'),
    patterns: described(
      list(orderedPattern, 'an array of patterns'),
      'In order after the allowlist; `!` removes.',
    ),
  }),
  ({ allowlist = [], blocklist = [], patterns = [] }, place, node) => ({
    allowlist,
    blocklist,
    patterns,
    source: place.span(node.at),
  }),
);

const domain = parsedText({
  allowed: 'a domain such as "api.github.com" or "*.github.com"',
  parse: parseDomainPattern,
});

const nameRule = {
  allowed: 'a letter, then letters, digits, `_` and `-`; at most 64',
  pattern: /^[A-Za-z][A-Za-z0-9_-]{0,63}$/,
};

const headersOnly: readonly CredentialPlace[] = ['header'];

const credential = mapped(
  table({
    hosts: described(
      list(domain, 'an array of domains'),
      'Hosts whose HTTPS requests may carry the value.',
    ),
    exposure: described(
      oneOf(['placeholder', 'guest']),
      'Whether the guest gets a placeholder or the value itself.',
      { default: 'placeholder' },
    ),
    places: described(
      list(oneOf(['header', 'query', 'body']), 'an array of places'),
      'Where in a request the value may stand. Default: headers only.',
    ),
    description: described(text('text'), 'What it is for; shown when consent is asked.'),
  }),
  ({ hosts = [], exposure = 'placeholder', places = headersOnly, description }, place, node) => {
    if (hosts.length === 0 && exposure === 'placeholder') {
      return place.complain(node.at, {
        found: 'a credential without hosts',
        allowed: 'hosts = ["api.example.com"], or exposure = "guest"',
      });
    }
    const told = description === undefined ? {} : { description };
    return { hosts, exposure, places, ...told, source: place.span(node.at) };
  },
);

const credentials: Form<DeclaredCredential[]> = mapped(
  named(nameRule, credential, 'a table of credentials, each with hosts'),
  (entries) => entries.map(({ name, value }) => ({ name, ...value })),
);

const interfaceName = patternText(
  'the name of a host interface such as "app:db/query@1.0.0"; WASI comes with the capabilities',
  /^(?!wasi:)[a-z][a-z0-9-]*:[a-z][a-z0-9-]*\/[a-z][a-z0-9-]*(@[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?)?$/,
);

const interfaces = mapped(list(spanned(interfaceName), 'an array of interface names'), (entries) =>
  entries.map(({ value, source }) => ({ name: value, source })),
);

const volume = parsedText<Omit<DeclaredVolume, 'source'>>({
  allowed: '"HOST:GUEST:ro" or "HOST:GUEST:rw", GUEST absolute',
  parse(entry) {
    const [hostPath = '', guestPath = '', mode = 'ro', ...rest] = entry.split(':');
    if (hostPath === '' || guestPath === '') return new Refusal('a path is missing');
    if (rest.length > 0 || (mode !== 'ro' && mode !== 'rw'))
      return new Refusal('the mode is ro or rw');
    const refusal = checkDeclaredPath(hostPath) ?? checkDeclaredPath(guestPath);
    if (refusal !== undefined) return refusal;
    const guest = `/${guestPath
      .split('/')
      .filter((part) => part !== '' && part !== '.')
      .join('/')}`;
    if (!guestPath.startsWith('/') || guest === '/') {
      return new Refusal('the path in the container is absolute and not its root');
    }
    return { hostPath, guestPath: guest, access: mode === 'rw' ? 'read-write' : 'read' };
  },
});

const volumes = mapped(list(spanned(volume), 'an array of volumes'), (entries) =>
  entries.map(({ value, source }): DeclaredVolume => ({ ...value, source })),
);

const areas = {
  filesystem: described(
    referred('filesystem', filesystem),
    'Files and directories. Default: none.',
  ),
  network: described(referred('network', network), 'Connections. Default: none.'),
  environment: described(
    referred('environment', environment),
    'Variables of the host that the guest sees. Default: none.',
  ),
  credentials: described(
    referred('credentials', credentials),
    'Secrets by name, with the hosts that may receive them.',
  ),
  interfaces: described(referred('interfaces', interfaces), 'Interfaces of the embedding program.'),
};

type AreaValues = TableValue<typeof areas & { volumes: typeof volumes }, never>;

const elsewhere = {
  volumes: 'volumes belong to docker entries; others name paths under filesystem',
};

/** What is present only; `undefined` areas never stand in it. */
export const restriction: Form<CapabilityRestriction> = table(areas, { elsewhere });

const docker: Form<AreaValues> = table({
  ...areas,
  volumes: described(volumes, 'Docker: "HOST:GUEST:ro" or ":rw".'),
});

/** A complete, closed set: what is not present gives nothing. */
export function capabilities(runtime: 'wasm' | 'docker' | 'native'): Form<DeclaredCapabilities> {
  const form: Form<AreaValues> = runtime === 'docker' ? docker : table(areas, { elsewhere });
  return mapped(form, (value) => {
    return {
      filesystem: value.filesystem ?? { grants: [], forbidden: [] },
      network: value.network ?? { rules: [], dns: undefined },
      environment: value.environment ?? { allowlist: [], blocklist: [], patterns: [] },
      credentials: value.credentials ?? [],
      interfaces: value.interfaces ?? [],
      volumes: value.volumes ?? [],
    };
  });
}

/** Under `$defs` of the JSON Schema. */
export const capabilityDefinitions = {
  filesystem: filesystem.schema,
  network: network.schema,
  environment: environment.schema,
  credentials: credentials.schema,
  interfaces: interfaces.schema,
  overrides: restriction.schema,
};
