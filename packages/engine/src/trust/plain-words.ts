/** Capabilities in words that a person can judge. Pure; the texts are raw and need escaping before they are shown. */
import { covers, resolvePath } from '../authority/path.ts';
import type { Places } from '../authority/types.ts';
import type { DeclaredCapabilities, NetworkRule } from '../manifest/types.ts';
import { broadPaths, isBroadBlock, isBroadDomain, isWholeEnvironment } from './broad.ts';
import { runsRisks, runsWords, type RunsOutside } from './runs-outside.ts';

/** One kind of access and everything that it is asked for. */
export interface CapabilityGroup {
  /** `run`, `read`, `read and change`, `never touch`, `reach`, `ask for names`, `see`, `use`, `call`, `mount`. */
  readonly verb: string;
  /** One line each. */
  readonly items: readonly string[];
}

/** What a skill asks for, in words for the person who decides. */
export interface CapabilityWords {
  readonly groups: readonly CapabilityGroup[];
  /** What can go wrong, in whole sentences; most serious first. */
  readonly risks: readonly string[];
}

/**
 * What the capabilities let a skill read, write, reach and see, and the risks of that. Paths are absolute.
 *
 * @param runs what it runs outside of the sandbox; `undefined` for a component
 */
export function capabilityWords(
  declared: DeclaredCapabilities,
  places: Places,
  runs?: RunsOutside,
): CapabilityWords {
  const { filesystem, network, environment, credentials, interfaces, volumes } = declared;
  const paths = (access: string): string[] =>
    filesystem.grants
      .filter((grant) => grant.access === access)
      .map((grant) => resolvePath(grant.path, places));
  const read = paths('read');
  const write = paths('read-write');
  const groups: CapabilityGroup[] = [
    { verb: 'run', items: runs === undefined ? [] : runsWords(runs) },
    { verb: 'read', items: read.map(pathText) },
    { verb: 'read and change', items: write.map(pathText) },
    {
      verb: 'never touch',
      items: filesystem.forbidden.map((e) => pathText(resolvePath(e.path, places))),
    },
    { verb: 'reach', items: network.rules.flatMap(targets) },
    { verb: 'ask for names', items: resolver(network) },
    {
      verb: 'see',
      items: [...environment.allowlist, ...environment.patterns].map(
        (name) => `environment ${name}`,
      ),
    },
    { verb: 'use', items: credentials.map(credentialText) },
    { verb: 'call', items: interfaces.map((entry) => entry.name) },
    {
      verb: 'mount',
      items: volumes.map((entry) => {
        const access = entry.access === 'read' ? 'read' : 'read and change';
        const host = pathText(resolvePath(entry.hostPath, places));
        return `${host} as ${pathText(entry.guestPath)} (${access})`;
      }),
    },
  ];
  return {
    groups: groups.filter((group) => group.items.length > 0),
    risks: [
      ...(runs === undefined ? [] : runsRisks(runs)),
      ...broadRisks(read, write, places),
      ...otherRisks(declared, read, write),
    ],
  };
}

/** Quoted where it could be taken for more than a path, such as a path and a remark. */
function pathText(path: string): string {
  return /^[^\s"'()]+$/.test(path) ? path : JSON.stringify(path);
}

function targets(rule: NetworkRule): string[] {
  const over = rule.protocols.join(', ');
  const ports = rule.ports.length === 0 ? 'any port' : `port ${rule.ports.join(', ')}`;
  return [...rule.domains, ...rule.addresses].map((host) => `${host} (${over}, ${ports})`);
}

/** Whom the host asks for addresses, where that is not the machine's own business. */
function resolver({ rules, dns = 'system' }: DeclaredCapabilities['network']): string[] {
  return rules.length === 0 || dns === 'system' ? [] : [dns];
}

const wellKnown: readonly (string | undefined)[] = [undefined, 'system', 'cloudflare', 'quad9'];

function credentialText(entry: DeclaredCapabilities['credentials'][number]): string {
  const hosts = entry.hosts.join(', ') || 'no host';
  const how =
    entry.exposure === 'guest'
      ? `the value itself, for ${hosts}`
      : `unseen, in ${placesText(entry.places)} to ${hosts}`;
  return `credential ${entry.name}, ${how}${authorsWords(entry.description)}`;
}

/** Quoted and cut, so that nothing in them passes for the engine's own words. */
function authorsWords(description: string | undefined): string {
  if (description === undefined) return '';
  const cut =
    description.length > 200 ? `${description.slice(0, 200).toWellFormed()}…` : description;
  return `; its author says: ${JSON.stringify(cut)}`;
}

function placesText(places: DeclaredCapabilities['credentials'][number]['places']): string {
  const words = { header: 'headers', query: 'URLs', body: 'bodies' };
  return places.map((place) => words[place]).join(' and ') || 'nothing';
}

function broadRisks(read: readonly string[], write: readonly string[], places: Places): string[] {
  const home = places.home;
  const isBroad = (path: string): boolean =>
    broadPaths.has(path) || (home !== undefined && covers(path, home));
  const sentence = (path: string, may: string): string =>
    path === '/'
      ? `It may ${may} every file of this machine that you can.`
      : `${pathText(path)} is far more than one skill should need: it may ${may} all of it.`;
  return [
    ...write.filter(isBroad).map((path) => sentence(path, 'read, change and delete')),
    ...read.filter(isBroad).map((path) => sentence(path, 'read')),
  ];
}

function otherRisks(
  declared: DeclaredCapabilities,
  read: readonly string[],
  write: readonly string[],
): string[] {
  const { network, environment, credentials } = declared;
  const risks: string[] = [];
  const reaches = network.rules.length > 0;
  const sees = environment.allowlist.length + environment.patterns.length > 0;
  if (reaches && read.length + write.length > 0) {
    risks.push('What it reads in those files can be sent to the hosts that it may reach.');
  }
  if (reaches && sees) {
    risks.push(
      'The environment variables that it sees can be sent to the hosts that it may reach.',
    );
  }
  if (write.length > 0) risks.push('Files that it may change can be overwritten or deleted.');
  for (const pattern of network.rules.flatMap((rule) => rule.domains).filter(isBroadDomain)) {
    risks.push(`${pattern} is a very large part of the internet: hosts of many owners.`);
  }
  for (const block of network.rules.flatMap((rule) => rule.addresses).filter(isBroadBlock)) {
    risks.push(
      `${block} is a very large part of the internet, and may have this machine, your own network and the cloud's metadata in it.`,
    );
  }
  if (network.rules.some((rule) => rule.addresses.length > 0)) {
    risks.push('It names network addresses: these may be machines of your own network.');
  }
  if (reaches && !wellKnown.includes(network.dns)) {
    risks.push(
      'It chooses who is asked for addresses: this machine connects there, and learns from there where its hosts are.',
    );
  }
  if (network.rules.some((rule) => rule.protocols.some((protocol) => protocol !== 'https'))) {
    risks.push('Not all of its connections are encrypted.');
  }
  for (const { name, hosts } of credentials) {
    for (const host of hosts.filter(isBroadDomain)) {
      risks.push(`The credential ${name} can be sent to ${host}: to hosts of many owners.`);
    }
  }
  if ([...environment.allowlist, ...environment.patterns].some(isWholeEnvironment)) {
    risks.push('It sees the whole environment, and secrets in it whose names do not tell.');
  }
  if (credentials.some((entry) => entry.exposure === 'guest')) {
    risks.push('It sees the value of a credential, and can keep it or pass it on.');
  }
  return risks;
}
