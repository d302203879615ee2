/** From a refused request to its `Denial`: finds the deciding part and rule, and writes the lines that would help. */
import type { SourceSpan } from '../manifest/types.ts';
import { formatAddress, parseAddress, unmap } from './address.ts';
import { denial, type Denial, type DenialCode } from './denial.ts';
import { domainMatches, parseHost } from './domain.ts';
import { judgeEnvironmentName } from './environment.ts';
import { decidingForbidden, decidingGrant } from './filesystem.ts';
import {
  credentialLines,
  environmentLines,
  filesystemLines,
  interfaceLines,
  networkLines,
  type WrittenPath,
} from './lines.ts';
import { judgeAddress, judgeEndpoint, type Endpoint, type NetworkReason } from './network.ts';
import { checkDeclaredPath } from './path.ts';
import { checkEnvironmentPattern } from './environment.ts';
import type { AuthorityExplanation, AuthorityPart, EffectiveAuthority } from './types.ts';

function cite(source: SourceSpan | undefined): string {
  return source === undefined ? '' : ` (${source.file}:${source.line}:${source.column})`;
}

function tableOf(explain: AuthorityExplanation, part: AuthorityPart): string {
  return `${explain.table}.${part === 'overrides' ? 'overrides' : 'capabilities'}`;
}

/** An access to a file that was refused. */
export interface FilesystemRequest {
  /** Absolute, normalised host path, symbolic links resolved as far as they were walked. */
  readonly path: string;
  /** What was to be done, such as `open-at`. */
  readonly operation: string;
  /** What it takes. */
  readonly access: 'read' | 'read-write';
  /** What the broker, which knows more than names, refused it for. */
  readonly rule?: string | undefined;
  /** What to grant, if not the path itself: the directory in which something was to be created. */
  readonly grant?: string | undefined;
}

type FilesystemLayer = AuthorityExplanation['filesystem'][number];

function judgeFilesystemLayer(
  layer: FilesystemLayer,
  request: FilesystemRequest,
): { readonly code: DenialCode; readonly why: string } | undefined {
  const forbidden = decidingForbidden(layer.forbidden, request.path);
  if (forbidden !== undefined) {
    const why = `${layer.part}: forbidden = ${JSON.stringify(forbidden.path)}${cite(forbidden.source)}`;
    return { code: 'FILESYSTEM_FORBIDDEN', why };
  }
  const grant = decidingGrant(layer.grants, request.path);
  if (grant === undefined) {
    return { code: 'FILESYSTEM_NOT_GRANTED', why: `${layer.part}: no grant covers this path` };
  }
  if (request.access === 'read' || grant.access === 'read-write') return undefined;
  const why = `${layer.part}: read = ${JSON.stringify(grant.path)}${cite(grant.source)} gives no write access`;
  return { code: 'FILESYSTEM_READ_ONLY', why };
}

function filesystemSection(
  explain: AuthorityExplanation,
  layer: FilesystemLayer,
  request: FilesystemRequest,
): string[] {
  const written = (layer.part === 'overrides' ? explain.overrides : explain.declared)?.filesystem;
  const path = request.grant ?? request.path;
  if (written === undefined || checkDeclaredPath(path) !== undefined || !path.isWellFormed())
    return [];
  const pairs = layer.grants.map((grant, index) => ({
    written: written.grants[index]?.path ?? grant.path,
    path: grant.path,
    access: grant.access,
  }));
  const forbidden = layer.forbidden.map((entry, index): WrittenPath => ({
    written: written.forbidden[index]?.path ?? entry.path,
    path: entry.path,
  }));
  const section = {
    read: pairs.filter((pair) => pair.access === 'read'),
    write: pairs.filter((pair) => pair.access === 'read-write'),
    forbidden: forbidden.filter((entry) => decidingForbidden([entry], request.path) === undefined),
  };
  const covering = decidingGrant(layer.grants, request.path);
  const enough =
    covering !== undefined && (request.access === 'read' || covering.access === 'read-write');
  const added = enough ? covering : { path, access: request.access };
  return filesystemLines(tableOf(explain, layer.part), section, added);
}

/** By their names, all parts allow it; what was found on the disk does not. */
function beyondNames(
  declared: FilesystemLayer | undefined,
  { path, rule }: FilesystemRequest,
): { readonly code: DenialCode; readonly why: string } {
  if (rule === 'forbidden') {
    const why = 'what is here is forbidden under another name, as a link or mount shows it';
    return { code: 'FILESYSTEM_FORBIDDEN', why };
  }
  if (rule === 'read-only') {
    const why = 'what is here is also granted under another name, and read-only there';
    return { code: 'FILESYSTEM_READ_ONLY', why };
  }
  const grant = decidingGrant(declared?.grants ?? [], path);
  const why =
    grant === undefined
      ? 'no grant covers this path'
      : `declared: ${grant.access === 'read' ? 'read' : 'write'} = ${JSON.stringify(grant.path)}${cite(grant.source)} covers this path, but when the call began no directory or regular file was there that could be opened; make it before the call`;
  return { code: 'FILESYSTEM_NOT_GRANTED', why };
}

/** For a request that `filesystemAccess` does not allow, or that what was found on the disk does not. */
export function denyFilesystem(authority: EffectiveAuthority, request: FilesystemRequest): Denial {
  let first: { readonly code: DenialCode; readonly why: string } | undefined;
  const allow: string[] = [];
  for (const layer of authority.explain.filesystem) {
    const verdict = judgeFilesystemLayer(layer, request);
    if (verdict === undefined) continue;
    first ??= verdict;
    if (layer.part === 'declared' || layer.part === 'overrides') {
      allow.push(...filesystemSection(authority.explain, layer, request));
    }
  }
  const { code, why } = first ?? beyondNames(authority.explain.filesystem[0], request);
  return denial(code, request.path, request.operation, why, allow);
}

const networkCodes: Readonly<Record<NetworkReason, DenialCode>> = {
  malformed: 'NETWORK_MALFORMED',
  host: 'NETWORK_NOT_GRANTED',
  protocol: 'NETWORK_PROTOCOL',
  port: 'NETWORK_PORT',
  special: 'NETWORK_SPECIAL_ADDRESS',
};

/** For an endpoint, or one address of it, that `judgeEndpoint` or `judgeAddress` denied. */
export function denyNetwork(
  authority: EffectiveAuthority,
  endpoint: Endpoint,
  address?: string,
  operation = 'connect',
): Denial {
  const { explain, network } = authority;
  const judge = (layers: typeof network.layers) =>
    address === undefined
      ? judgeEndpoint({ layers, dns: network.dns }, endpoint)
      : judgeAddress({ layers, dns: network.dns }, endpoint, address);
  const host =
    endpoint.host.includes(':') && !endpoint.host.startsWith('[')
      ? `[${endpoint.host}]`
      : endpoint.host;
  const via = address === undefined || address === endpoint.host ? '' : ` (${address})`;
  const resource = `${endpoint.protocol}://${host}:${endpoint.port}${via}`;
  const verdict = judge(network.layers);
  if (verdict.kind !== 'denied') {
    return denial('NETWORK_NOT_GRANTED', resource, operation, 'the network is not available here');
  }
  const part = network.layers[verdict.layer]?.part ?? 'declared';
  const code = networkCodes[verdict.reason];
  if (verdict.reason === 'malformed') {
    return denial(code, resource, operation, 'this is no host and port that could be judged');
  }
  const parsedHost = parseHost(endpoint.host);
  const target = verdict.special === undefined ? undefined : address;
  const text =
    target ?? (parsedHost?.kind === 'name' ? parsedHost.name : parsedHost?.address) ?? '';
  const parsed = parseAddress(text);
  const added = {
    protocol: endpoint.protocol,
    port: endpoint.port,
    host: parsed === undefined ? text : formatAddress(unmap(parsed)),
  };
  const allow = (['declared', 'overrides'] as const).flatMap((manifestPart) => {
    const written = explain[manifestPart]?.network;
    if (written === undefined) return [];
    const own = judge([{ part: manifestPart, rules: written.rules }]);
    return own.kind === 'denied'
      ? networkLines(tableOf(explain, manifestPart), written, added)
      : [];
  });
  const why: Readonly<Record<NetworkReason, string>> = {
    malformed: '',
    host: 'no rule names this host',
    protocol: `the rules for this host do not allow ${endpoint.protocol}`,
    port: `the rules for this host do not allow port ${endpoint.port}`,
    special: `the address is special (${verdict.special ?? ''}) and allowed_ips does not name it`,
  };
  return denial(code, resource, operation, `${part}: ${why[verdict.reason]}`, allow);
}

/** For a variable that did not pass. */
export function denyEnvironment(authority: EffectiveAuthority, name: string): Denial {
  const { explain, environment } = authority;
  const denying = environment.layers.find(
    ({ rule }) => judgeEnvironmentName(rule, name) !== 'allowed',
  );
  const verdict = denying === undefined ? 'unlisted' : judgeEnvironmentName(denying.rule, name);
  const code =
    verdict === 'blocked'
      ? 'ENVIRONMENT_BLOCKED'
      : verdict === 'sensitive'
        ? 'ENVIRONMENT_SENSITIVE'
        : 'ENVIRONMENT_NOT_GRANTED';
  const why =
    verdict === 'blocked'
      ? 'the blocklist has this name'
      : verdict === 'sensitive'
        ? 'a sensitive name passes only if the allowlist has it exactly'
        : verdict === 'removed'
          ? 'a pattern with `!` removes this name'
          : 'no entry lists this name';
  const valid = checkEnvironmentPattern(name) === undefined && !name.includes('*');
  const allow = (['declared', 'overrides'] as const).flatMap((part) => {
    const written = explain[part]?.environment;
    if (!valid || written === undefined || judgeEnvironmentName(written, name) === 'allowed')
      return [];
    return environmentLines(tableOf(explain, part), written, name);
  });
  const rule = `${denying?.part ?? 'declared'}: ${why}${cite(denying?.rule.source)}`;
  return denial(code, name, 'read', rule, allow);
}

/** For a host interface that is not among `authority.interfaces`. */
export function denyInterface(authority: EffectiveAuthority, name: string): Denial {
  const { explain } = authority;
  const allow = (['declared', 'overrides'] as const).flatMap((part) => {
    const written = explain[part]?.interfaces;
    if (written === undefined || written.some((entry) => entry.name === name)) return [];
    return interfaceLines(tableOf(explain, part), written, name);
  });
  const rule =
    allow.length > 0 ? 'declared: no entry names this interface' : 'granted: not approved';
  return denial('INTERFACE_NOT_GRANTED', name, 'import', rule, allow);
}

/** For a credential that is not there for the guest, or not for this host. */
export function denyCredential(
  authority: EffectiveAuthority,
  request: { readonly name: string; readonly host: string },
): Denial {
  const { explain } = authority;
  const { name } = request;
  const host = parseHost(request.host);
  const allow = (['declared', 'overrides'] as const).flatMap((part) => {
    const written = explain[part]?.credentials;
    if (written === undefined || host?.kind !== 'name') return [];
    const entry = written.find((one) => one.name === name);
    if (entry?.hosts.some((pattern) => domainMatches(pattern, host.name))) return [];
    return credentialLines(tableOf(explain, part), written, { name, host: host.name });
  });
  const rule =
    allow.length > 0
      ? 'the credential is not declared and granted for this host'
      : host?.kind === 'name'
        ? 'granted: not approved for this host'
        : 'credentials go to hosts with a name';
  return denial('CREDENTIAL_NOT_GRANTED', `${name} for ${request.host}`, 'use', rule, allow);
}
