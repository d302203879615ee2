/** What a skill can do, in one row for each kind of power: by its manifest, and by what its component really imports. Pure. */
import type { NetworkRule, SkillManifest } from '../manifest/types.ts';

/** The rows of a permission table, in its order. */
export const permissionKinds = [
  'reads files',
  'writes files',
  'executes commands',
  'network',
  'credentials',
  'launches workloads',
  'cost',
] as const;

/** A row's name in {@link permissionTable}. */
export type PermissionKind = (typeof permissionKinds)[number];

/** One row of {@link permissionTable}. */
export interface Permission {
  readonly kind: PermissionKind;
  /** What the manifest asks for; `no` if nothing. */
  readonly manifest: string;
  /**
   * What the component imports for it; `no` if nothing, `?` if it is not known, `-` where the runtime has no imports, `unbounded` where
   * nothing but the arguments of its commands keeps a native skill from it.
   */
  readonly component: string;
  /** Whether it can happen: asked for, and possible for the component as far as that is known. */
  readonly possible: boolean;
}

/** Programs that start or change machines, containers and services elsewhere. */
const launchers = new Set([
  'anyscale',
  'ansible-playbook',
  'aws',
  'az',
  'docker',
  'eksctl',
  'gcloud',
  'helm',
  'kubectl',
  'nomad',
  'podman',
  'pulumi',
  'ray',
  'sbatch',
  'terraform',
  'terragrunt',
  'tofu',
]);

/** Hosts whose interfaces start or change machines, containers and services. */
const launchHosts =
  /(?:^|\.)(?:amazonaws\.com|googleapis\.com|azure\.com|anyscale\.com|digitalocean\.com|hetzner\.cloud|linode\.com|fly\.dev|machines\.dev|vultr\.com)$/;

/**
 * What a skill could do, by kind: what its manifest asks for beside what its component can ask for.
 *
 * @param imports names of what the component imports; `undefined` if that is not known
 */
export function permissionTable(
  manifest: SkillManifest,
  imports: readonly string[] | undefined,
): readonly Permission[] {
  const { filesystem, network, credentials, volumes } = manifest.capabilities;
  const paths = (access: string): string[] => [
    ...filesystem.grants.filter((grant) => grant.access === access).map(({ path }) => path),
    ...volumes.filter((volume) => volume.access === access).map(({ hostPath }) => hostPath),
  ];
  const write = paths('read-write');
  const launches = launchesOf(manifest);
  const asked: Readonly<Record<PermissionKind, readonly string[]>> = {
    'reads files': [...paths('read'), ...write],
    'writes files': write,
    'executes commands': commandsOf(manifest),
    network: network.rules.flatMap(hostsOf),
    credentials: credentials.map(({ name }) => name),
    'launches workloads': launches,
    cost: launches.length > 0 ? launches.map((one) => `${one} may be billed`) : [],
  };
  return permissionKinds.map((kind) => {
    const component = componentOf(kind, manifest.runtime, imports);
    const isAsked = asked[kind].length > 0;
    return {
      kind,
      manifest: isAsked ? asked[kind].join(', ') : kind === 'cost' ? ownCost(manifest) : 'no',
      component,
      possible: isAsked && component !== 'no',
    };
  });
}

const needs: Readonly<Partial<Record<PermissionKind, RegExp>>> = {
  'reads files': /^wasi:filesystem\//,
  'writes files': /^wasi:filesystem\//,
  network: /^wasi:(?:http\/outgoing-handler|sockets\/(?:tcp|udp|ip-name-lookup))/,
  credentials: /^wasi:(?:http\/outgoing-handler|cli\/environment|config\/store)/,
  'launches workloads': /^wasi:(?:http\/outgoing-handler|sockets\/tcp)/,
  cost: /^wasi:(?:http\/outgoing-handler|sockets\/tcp)/,
};

function componentOf(
  kind: PermissionKind,
  runtime: SkillManifest['runtime'],
  imports: readonly string[] | undefined,
): string {
  // What a command does with the arguments that it may get, no wall bounds.
  if (runtime === 'native' && needs[kind] !== undefined && kind !== 'cost') return 'unbounded';
  if (runtime !== 'wasm') return '-';
  // Nothing in a component's world starts a process.
  if (kind === 'executes commands') return 'no';
  if (imports === undefined) return '?';
  const found = imports.filter((name) => needs[kind]?.test(name) === true);
  const packages = new Set(found.map((name) => name.replace(/^(wasi:[a-z]+).*$/, '$1')));
  return packages.size === 0 ? 'no' : [...packages].join(', ');
}

function commandsOf(manifest: SkillManifest): readonly string[] {
  if (manifest.runtime === 'native') return manifest.allowedCommands.commands;
  if (manifest.runtime === 'docker') return [`any in ${manifest.docker.image}`];
  return [];
}

function launchesOf(manifest: SkillManifest): readonly string[] {
  const { network } = manifest.capabilities;
  const commands =
    manifest.runtime === 'native'
      ? manifest.allowedCommands.commands.filter((one) => launchers.has(one.split('/').at(-1)!))
      : [];
  const hosts = network.rules.flatMap(({ domains }) =>
    domains.filter((one) => launchHosts.test(one)),
  );
  return [...new Set([...commands, ...hosts])];
}

function hostsOf({ domains, addresses }: NetworkRule): readonly string[] {
  return [...domains, ...addresses];
}

function ownCost({ resources }: SkillManifest): string {
  const memory = resources.memoryBytes / (1024 * 1024);
  return `this machine: ${resources.timeoutMs / 1000} s, ${Math.ceil(memory)} MiB a call`;
}
