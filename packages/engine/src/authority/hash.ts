/** One digest per authority: it names the pool of isolates, and stands in every audit record. */
import { canonicalJson, ruleKey } from './canonical.ts';
import type { EffectiveAuthority } from './types.ts';

/** The decisions only: no source positions, no order that means nothing. */
export function describeAuthority(authority: EffectiveAuthority): string {
  const { filesystem, network, environment, credentials, interfaces, volumes } = authority;
  return canonicalJson({
    version: 1,
    filesystem: {
      grants: filesystem.grants
        .map(({ path, access }) => canonicalJson({ path, access }))
        .toSorted(),
      forbidden: filesystem.forbidden.toSorted(),
    },
    network: {
      dns: network.dns,
      layers: network.layers
        .map(({ rules }) => [...new Set(rules.map(ruleKey))].toSorted().join('\n'))
        .toSorted(),
    },
    environment: environment.layers.map(({ rule }) => ruleKey(rule)).toSorted(),
    credentials: credentials.map((entry) => canonicalJson(entry)).toSorted(),
    interfaces: interfaces.toSorted(),
    volumes: volumes.map((entry) => canonicalJson(entry)).toSorted(),
  });
}

/** `sha256` gives the digest of a text in UTF-8, such as lower-case hexadecimal; its answer is returned as it is. */
export function hashAuthority(
  authority: EffectiveAuthority,
  sha256: (text: string) => string,
): string {
  return sha256(describeAuthority(authority));
}
