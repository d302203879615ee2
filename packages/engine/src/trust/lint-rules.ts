/** Findings on one skill: its manifest, held against what its component imports. Pure. */
import { environmentMatches, isSensitiveName } from '../authority/environment.ts';
import { covers, resolvePath } from '../authority/path.ts';
import type { Places } from '../authority/types.ts';
import { isProvidedWasi } from '../component/imports.ts';
import { isOwnInterface } from '../interfaces/match.ts';
import type { ResourceLimits, SkillManifest, SourceSpan } from '../manifest/types.ts';
import { broadPaths, isBroadBlock, isBroadDomain, isWholeEnvironment } from './broad.ts';

/** Ids of all lint rules. */
export const lintIds = [
  'grant-unused',
  'import-ungranted',
  'grant-too-broad',
  'limits-missing',
  'secret-in-environment',
  'sockets-for-http',
] as const;

/** Id of a lint rule; stable. */
export type LintId = (typeof lintIds)[number];

/** One remark of {@link lint}. */
export interface Finding {
  readonly id: LintId;
  /** Errors and warnings fail the lint; notes do not. */
  readonly severity: 'error' | 'warning' | 'note';
  /** One sentence. */
  readonly message: string;
  /** Where in the manifest. */
  readonly source: SourceSpan;
  /** What to write there instead, or in addition. Empty: take it out. */
  readonly lines: readonly string[];
}

export interface Linted {
  readonly manifest: SkillManifest;
  /** Name of the manifest's table. */
  readonly table: 'skill' | 'skills';
  readonly places: Places;
  /** What the component imports; `undefined` for other runtimes, whose grants are then not held against it. */
  readonly imports: readonly string[] | undefined;
}

/** In the manifest's order. */
export function lintSkill(linted: Linted): readonly Finding[] {
  return [
    unused,
    ungranted,
    unnamed,
    broadFiles,
    broadNetwork,
    broadCredentials,
    broadEnvironment,
    broadCommands,
    limits,
    secrets,
    sockets,
  ]
    .flatMap((rule) => rule(linted))
    .toSorted((a, b) => a.source.line - b.source.line || a.source.column - b.source.column);
}

const has = (imports: readonly string[], form: RegExp): boolean =>
  imports.some((name) => form.test(name));

const files = /^wasi:filesystem\//;
const http = /^wasi:http\/outgoing-handler@/;
const anyNetwork = /^wasi:(?:http\/outgoing-handler|sockets\/(?:tcp|udp|ip-name-lookup))/;
const environment = /^wasi:cli\/environment@/;
const values = /^wasi:(?:http\/outgoing-handler|cli\/environment|config\/store)@|^get-config$/;

function unused({ manifest, imports }: Linted): Finding[] {
  if (imports === undefined) return [];
  const { capabilities } = manifest;
  const finding = (what: string, source: SourceSpan | undefined): Finding => ({
    id: 'grant-unused',
    severity: 'warning',
    message: `${what}, and the component imports nothing that could use it`,
    source: source ?? manifest.source,
    lines: [],
  });
  const found: Finding[] = [];
  if (!has(imports, files)) {
    for (const { path, source } of capabilities.filesystem.grants) {
      found.push(finding(`it asks for the files ${JSON.stringify(path)}`, source));
    }
  }
  if (!has(imports, anyNetwork)) {
    for (const { source } of capabilities.network.rules) {
      found.push(finding('it asks for the network', source));
    }
  }
  const { allowlist, patterns, source } = capabilities.environment;
  if (!has(imports, environment) && allowlist.length + patterns.length > 0) {
    found.push(finding('it asks for environment variables', source));
  }
  if (!has(imports, values)) {
    for (const entry of capabilities.credentials) {
      found.push(finding(`it asks for the credential ${entry.name}`, entry.source));
    }
  }
  for (const { name, source: at } of capabilities.interfaces) {
    const isImported = imports.some((one) => one === name || one.startsWith(`${name}@`));
    if (!isImported) found.push(finding(`it asks for the interface ${name}`, at));
  }
  return found;
}

/** Toolchains import more than a program uses, so this is a note. */
function ungranted({ manifest, imports, table }: Linted): Finding[] {
  if (imports === undefined) return [];
  const { filesystem, network } = manifest.capabilities;
  const finding = (what: string, line: string): Finding => ({
    id: 'import-ungranted',
    severity: 'note',
    message: `the component can use ${what}, and the manifest asks for none; if it does, calls are denied`,
    source: manifest.source,
    lines: [`[${table}.capabilities]`, line],
  });
  const found: Finding[] = [];
  if (has(imports, files) && filesystem.grants.length === 0) {
    found.push(finding('files', 'filesystem = ["read:./data"]'));
  }
  if (has(imports, anyNetwork) && network.rules.length === 0) {
    found.push(finding('the network', 'network = ["https://api.example.com"]'));
  }
  return found;
}

/** Interfaces that the component imports and nobody would answer. */
function unnamed({ manifest, imports = [], table }: Linted): Finding[] {
  const named = manifest.capabilities.interfaces;
  return imports.flatMap((one): Finding[] => {
    if (isProvidedWasi(one) || named.some(({ name }) => one === name || one.startsWith(`${name}@`)))
      return [];
    const isOwn = isOwnInterface(one);
    return [
      {
        id: 'import-ungranted',
        severity: isOwn ? 'warning' : 'error',
        message: isOwn
          ? `the component imports ${one}, and the manifest does not ask for it: even where a program offers it, calls are denied`
          : `the component imports ${one}, which the engine does not provide: it does not load`,
        source: manifest.source,
        lines: isOwn ? [`[${table}.capabilities]`, `interfaces = [${JSON.stringify(one)}]`] : [],
      },
    ];
  });
}

function broadFiles({ manifest, places, table }: Linted): Finding[] {
  return manifest.capabilities.filesystem.grants.flatMap(({ path, access, source }) => {
    const absolute = resolvePath(path, places, source);
    const isBroad =
      broadPaths.has(absolute) || (places.home !== undefined && covers(absolute, places.home));
    if (!isBroad) return [];
    const verb = access === 'read' ? 'read' : 'write';
    return {
      id: 'grant-too-broad' as const,
      severity: 'error' as const,
      message: `${JSON.stringify(path)} is far more than one skill should need`,
      source: source ?? manifest.source,
      lines: [`[${table}.capabilities]`, `filesystem = ["${verb}:./data"]`],
    };
  });
}

function broadNetwork({ manifest, table }: Linted): Finding[] {
  const found: Finding[] = [];
  for (const { domains, addresses, source } of manifest.capabilities.network.rules) {
    const broad = [...domains.filter(isBroadDomain), ...addresses.filter(isBroadBlock)];
    for (const one of broad) {
      found.push({
        id: 'grant-too-broad',
        severity: 'error',
        message: `${JSON.stringify(one)} covers hosts of many owners`,
        source: source ?? manifest.source,
        lines: [`[${table}.capabilities]`, 'network = ["https://api.example.com"]'],
      });
    }
  }
  return found;
}

/** The value would go to whoever has a name there. */
function broadCredentials({ manifest, table }: Linted): Finding[] {
  return manifest.capabilities.credentials.flatMap(({ name, hosts, source }) =>
    hosts.filter(isBroadDomain).map((host) => ({
      id: 'grant-too-broad' as const,
      severity: 'error' as const,
      message: `the credential ${name} is bound to ${JSON.stringify(host)}, which covers hosts of many owners`,
      source: source ?? manifest.source,
      lines: [`[${table}.capabilities.credentials]`, `${name} = { hosts = ["api.example.com"] }`],
    })),
  );
}

function broadEnvironment({ manifest, table }: Linted): Finding[] {
  const { allowlist, patterns, source } = manifest.capabilities.environment;
  return [...allowlist, ...patterns].filter(isWholeEnvironment).map((pattern) => ({
    id: 'grant-too-broad' as const,
    severity: 'error' as const,
    message: `${JSON.stringify(pattern)} hands over the whole environment, secrets with unusual names among it`,
    source: source ?? manifest.source,
    lines: [`[${table}.capabilities.environment]`, 'allowlist = ["NAME"]'],
  }));
}

/** Shells, and interpreters of which an argument is a program. */
const interpreters =
  /^(?:(?:ba|da|z|k|a|mk|fi)?sh|busybox|toybox|env|xargs|sudo|su|python[\d.]*|perl|ruby|node|deno|bun|php|lua|tclsh|awk|gawk|mawk|osascript|pwsh|ssh)$/;

/** Nothing but its arguments bounds a native command. */
function broadCommands({ manifest, table }: Linted): Finding[] {
  if (manifest.runtime !== 'native') return [];
  const { commands, allowedArgs } = manifest.allowedCommands;
  const broad = (message: string, line: string): Finding => ({
    id: 'grant-too-broad',
    severity: 'warning',
    message,
    source: manifest.source,
    lines: [`[${table}.allowed_commands]`, line],
  });
  const running = commands.filter((one) => interpreters.test(one.split('/').at(-1)!.toLowerCase()));
  return [
    ...running.map((name) =>
      broad(
        `${JSON.stringify(name)} runs whatever its arguments say: allow the programs that are needed themselves`,
        'commands = ["git"]',
      ),
    ),
    ...allowedArgs
      .filter((entry) => /^--?\*+$/.test(entry))
      .map((entry) =>
        broad(
          `${JSON.stringify(entry)} allows every option of ${commands.join(', ')}: name those that are needed`,
          'allowed_args = ["--short", "*"]',
        ),
      ),
  ];
}

const limitKeys: readonly (readonly [keyof ResourceLimits, string])[] = [
  ['memoryBytes', 'memory = "64M"'],
  ['fuel', 'fuel = 10_000_000_000'],
  ['timeoutMs', 'timeout = 30'],
];

function limits({ manifest, table }: Linted): Finding[] {
  const missing = limitKeys.filter(
    ([key]) =>
      !manifest.statedResources.includes(key) && (key !== 'fuel' || manifest.runtime === 'wasm'),
  );
  if (missing.length === 0) return [];
  const lines = missing.map(([, line]) => line);
  return [
    {
      id: 'limits-missing',
      severity: 'note',
      message: `defaults apply to ${lines.map((line) => line.split(' ')[0]).join(', ')}; say what it needs`,
      source: manifest.source,
      lines: [`[${table}.resources]`, ...lines],
    },
  ];
}

const secretNames = ['AWS_SECRET_ACCESS_KEY', 'DB_PASSWORD', 'GITHUB_TOKEN', 'OPENAI_API_KEY'];

function secrets({ manifest, table }: Linted): Finding[] {
  const { allowlist, patterns, source } = manifest.capabilities.environment;
  const named = allowlist.filter((name) => !name.includes('*') && isSensitiveName(name));
  // Secrets pass only by name; a pattern that means them shows the intent, and passes nothing.
  const meant = [...allowlist.filter((name) => name.includes('*')), ...patterns].filter(
    (pattern) =>
      !pattern.startsWith('!') &&
      (isSensitiveName(pattern) || secretNames.some((name) => environmentMatches(pattern, name))),
  );
  return [...named, ...meant].map((name) => ({
    id: 'secret-in-environment',
    severity: named.includes(name) || isSensitiveName(name) ? 'warning' : 'note',
    message: named.includes(name)
      ? `${name} hands a secret to the skill; as a credential, it would never see the value`
      : `the pattern ${JSON.stringify(name)} covers names of secrets; these pass only if the allowlist names them`,
    source: source ?? manifest.source,
    lines: [
      `[${table}.capabilities.credentials]`,
      `${(named.includes(name) ? name : 'api_token').toLowerCase()} = { hosts = ["api.example.com"] }`,
    ],
  }));
}

const webPorts = [80, 443, 8080, 8443];

function sockets({ manifest, imports, table }: Linted): Finding[] {
  if (imports === undefined) return [];
  return manifest.capabilities.network.rules.flatMap((rule) => {
    const isWeb =
      rule.protocols.includes('tcp') &&
      rule.domains.length > 0 &&
      rule.ports.length > 0 &&
      rule.ports.every((port) => webPorts.includes(port));
    if (!isWeb) return [];
    const urls = rule.domains.map((domain) => `"https://${domain}"`);
    const also = has(imports, http) ? '' : '; build it for wasi:http';
    return {
      id: 'sockets-for-http' as const,
      severity: 'warning' as const,
      message: `sockets to web ports see and send anything; wasi:http serves them, with checked hosts and redirects${also}`,
      source: rule.source ?? manifest.source,
      lines: [`[${table}.capabilities]`, `network = [${urls.join(', ')}]`],
    };
  });
}
