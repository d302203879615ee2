/** From what the broker refused to denials that say which lines of the manifest would allow it. */
import { dirname } from 'node:path';
import { denyCredential, denyFilesystem, denyInterface, denyNetwork } from './authority/deny.ts';
import { type Denial, type DenialCode, DenialLog, denial } from './authority/denial.ts';
import type { EffectiveAuthority } from './authority/types.ts';
import type { CountedDenial } from './broker/broker.ts';
import type { CredentialDenial } from './broker/credential-denial.ts';
import type { NetworkDenial } from './broker/network-denial.ts';

export function denialsOf(
  authority: EffectiveAuthority,
  raw: readonly CountedDenial[],
): readonly Denial[] {
  const log = new DenialLog();
  for (const entry of raw) {
    const described = describeDenial(authority, entry);
    log.add({ ...(entry.more === true ? further(described) : described), count: entry.count });
  }
  return log.list();
}

/** Many different ones that nobody could read: how many, and the kind of the first. */
function further({ code }: Denial): Denial {
  const rule = 'further refusals of this invocation, each of something else, are only counted';
  return denial(code, 'further accesses', 'several', rule);
}

/** Refusals that no grant could change, by the broker's rule. */
const beyondGrants: Readonly<Record<string, { code: DenialCode; why: string }>> = {
  'link-outside-grant': {
    code: 'FILESYSTEM_ESCAPE',
    why: 'a symbolic link here leads out of its grant, or would',
  },
  'cross-grant': { code: 'FILESYSTEM_ESCAPE', why: 'links and renames never cross grants' },
  'file-type': { code: 'FILESYSTEM_KIND', why: 'only regular files and directories can be opened' },
  'pseudo-filesystem': {
    code: 'FILESYSTEM_KIND',
    why: 'this is a file system of the kernel (proc, sys, dev), not one of files',
  },
  climbs: {
    code: 'FILESYSTEM_ESCAPE',
    why: 'the path leads out of the directory that it is opened from, by `..` or as an absolute path; a grant covers it, so open it from there',
  },
  pinned: {
    code: 'FILESYSTEM_FORBIDDEN',
    why: 'a grant, a forbidden path, or what leads to one, cannot be moved or removed',
  },
  'changed-meanwhile': {
    code: 'FILESYSTEM_ESCAPE',
    why: 'another process changed the path in the middle of the operation',
  },
};

function describeDenial(authority: EffectiveAuthority, raw: CountedDenial): Denial {
  if (raw.area === 'network') return describeNetworkDenial(authority, raw);
  if (raw.area === 'credential') return describeCredentialDenial(authority, raw);
  if (raw.area === 'interface') return denyInterface(authority, raw.name);
  const fixed = beyondGrants[raw.rule];
  if (fixed) return denial(fixed.code, raw.path, raw.operation, fixed.why);
  const { operation, access } = raw;
  const changes = access === 'write' && !['open-at', 'set-times-at'].includes(operation);
  return denyFilesystem(authority, {
    path: raw.path,
    rule: raw.rule,
    operation,
    access: access === 'write' ? 'read-write' : 'read',
    // What is made, moved or removed is an entry of a directory; that is what has to be granted.
    ...(raw.creates === true || (changes && operation.endsWith('-at'))
      ? { grant: dirname(raw.path) }
      : {}),
  });
}

function describeNetworkDenial(authority: EffectiveAuthority, raw: NetworkDenial): Denial {
  switch (raw.kind) {
    case 'refused':
      return denial(raw.code, raw.target, raw.operation, raw.rule);
    case 'lookup': {
      // A lookup has no port; the lines name a usual one.
      const endpoint = { protocol: 'tcp', host: raw.name, port: 443 } as const;
      return { ...denyNetwork(authority, endpoint, raw.address, 'look up'), resource: raw.name };
    }
    case 'endpoint':
      return denyNetwork(authority, raw.endpoint, raw.address, raw.operation);
  }
}

function describeCredentialDenial(authority: EffectiveAuthority, raw: CredentialDenial): Denial {
  if (raw.kind === 'host') return denyCredential(authority, { name: raw.name, host: raw.host });
  const name = raw.name === '' ? 'a placeholder' : raw.name;
  const resource = `${name} in ${raw.where}, ${raw.target}`;
  return denial('CREDENTIAL_MISPLACED', resource, 'use', raw.rule);
}
