/** declared ∩ granted ∩ overrides ∩ ceiling. Nothing in the result is more than any of the parts gives. */
import type {
  CapabilityRestriction,
  DeclaredCapabilities,
  DeclaredCredential,
  SourceSpan,
} from '../manifest/types.ts';
import { SkillError } from '../errors.ts';
import { covers, resolvePath } from './path.ts';
import { decidingGrant, intersectGrants } from './filesystem.ts';
import { ruleKey } from './canonical.ts';
import type {
  AuthorityPart,
  AuthorityParts,
  EffectiveAuthority,
  EffectiveCredential,
  EffectiveVolume,
  PathInPart,
  Places,
} from './types.ts';

export const noCapabilities: DeclaredCapabilities = {
  filesystem: { grants: [], forbidden: [] },
  network: { rules: [], dns: undefined },
  environment: { allowlist: [], blocklist: [], patterns: [] },
  credentials: [],
  interfaces: [],
  volumes: [],
};

interface Layer {
  readonly part: AuthorityPart;
  readonly capabilities: CapabilityRestriction;
}

function ceilingsOf({ ceiling, ceilings = [] }: AuthorityParts): CapabilityRestriction[] {
  return [...(ceiling === undefined ? [] : [ceiling]), ...ceilings];
}

function layersOf(parts: AuthorityParts): Layer[] {
  const layers: Layer[] = [{ part: 'declared', capabilities: parts.declared }];
  if (parts.granted === 'none') layers.push({ part: 'granted', capabilities: noCapabilities });
  else if (parts.granted !== 'declared')
    layers.push({ part: 'granted', capabilities: parts.granted });
  if (parts.overrides !== undefined)
    layers.push({ part: 'overrides', capabilities: parts.overrides });
  for (const capabilities of ceilingsOf(parts)) layers.push({ part: 'ceiling', capabilities });
  return layers;
}

function resolved<P extends { readonly path: string; readonly source?: SourceSpan | undefined }>(
  paths: readonly P[],
  places: Places,
): P[] {
  return paths.map((entry) => ({ ...entry, path: resolvePath(entry.path, places, entry.source) }));
}

/** A part's say in one area: `undefined` where it does not restrict it. */
function area<K extends keyof DeclaredCapabilities>(
  layers: readonly Layer[],
  key: K,
): { part: AuthorityPart; value: DeclaredCapabilities[K] }[] {
  return layers.flatMap(({ part, capabilities }) => {
    const value = capabilities[key];
    return value === undefined ? [] : [{ part, value: value as DeclaredCapabilities[K] }];
  });
}

/** Layers that say the same decide the same: only the first stays, so that equal authorities are equal data. */
function distinct<L>(layers: readonly L[], key: (layer: L) => string): L[] {
  const seen = new Set<string>();
  return layers.filter((layer) => {
    const text = key(layer);
    if (seen.has(text)) return false;
    seen.add(text);
    return true;
  });
}

/** A layer that allows nothing decides alone, so that "nothing" is one value whoever said it. */
function collapsed<L>(layers: readonly L[], isEmpty: (layer: L) => boolean): readonly L[] {
  const empty = layers.find(isEmpty);
  return empty === undefined ? layers : [empty];
}

/**
 * The declared server counts only where everything declared is granted, and no higher part speaks of the network: who
 * answers for the names chooses the addresses, so that it would lead connections past what that part allows.
 */
function effectiveDns(parts: AuthorityParts): string {
  const granted =
    parts.granted === 'declared'
      ? parts.declared.network.dns
      : parts.granted === 'none'
        ? undefined
        : parts.granted.network?.dns;
  const above = [...ceilingsOf(parts), parts.overrides].flatMap((part) => part?.network ?? []);
  const stated = above.find(({ dns }) => dns !== undefined)?.dns;
  return stated ?? (above.length > 0 ? 'system' : (granted ?? 'system'));
}

function effectiveCredentials(
  lists: readonly (readonly DeclaredCredential[])[],
): EffectiveCredential[] {
  const declared = lists[0] ?? [];
  const result: EffectiveCredential[] = [];
  for (const { name } of declared) {
    const entries = lists.map((list) => list.find((entry) => entry.name === name));
    if (!entries.every((entry) => entry !== undefined)) continue;
    const exposure = entries.every((entry) => entry.exposure === 'guest') ? 'guest' : 'placeholder';
    const hosts = entries.map((entry) => entry.hosts.toSorted());
    const places = (entries[0]?.places ?? []).filter((place) =>
      entries.every((entry) => entry.places.includes(place)),
    );
    result.push({
      name,
      hosts: distinct(hosts, (list) => list.join(' ')),
      exposure,
      places: [...new Set(places)].toSorted(),
    });
  }
  return result.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * A volume is mounted whole: it goes if anything in it is forbidden, and is read-only if any part gives no more for
 * something in it.
 */
function effectiveVolumes(
  layers: readonly Layer[],
  forbidden: readonly string[],
  places: Places,
): EffectiveVolume[] {
  const volumes: EffectiveVolume[] = [];
  for (const volume of layers[0]?.capabilities.volumes ?? []) {
    const hostPath = resolvePath(volume.hostPath, places, volume.source);
    if (forbidden.some((entry) => covers(entry, hostPath) || covers(hostPath, entry))) continue;
    let access: EffectiveVolume['access'] | undefined = volume.access;
    for (const { part, capabilities } of layers) {
      if (part === 'declared') continue;
      if (capabilities.filesystem === undefined && capabilities.volumes === undefined) continue;
      const written: PathInPart[] = [
        ...(capabilities.filesystem?.grants ?? []),
        ...(capabilities.volumes ?? []).map((entry) => ({
          path: entry.hostPath,
          access: entry.access,
        })),
      ];
      const grants = resolved(written, places);
      const inside = grants.filter((grant) => covers(hostPath, grant.path));
      const least = [decidingGrant(grants, hostPath), ...inside];
      if (least[0] === undefined) access = undefined;
      else if (least.some((grant) => grant?.access === 'read')) access &&= 'read';
    }
    if (access === undefined) continue;
    volumes.push({ hostPath, guestPath: volume.guestPath, access });
  }
  return volumes;
}

/**
 * Relative paths and `~` of every part resolve against `places`; give parts other than the manifest's own absolute
 * paths. `table` is what denials call the skill's table.
 *
 * @throws SkillError MANIFEST_INVALID for a path that has no absolute form; INVALID_OPTIONS for a ceiling with a
 *   relative path, which would mean another directory for every skill.
 */
export function effective(
  parts: AuthorityParts,
  places: Places,
  table: 'skill' | 'skills' = 'skills',
): EffectiveAuthority {
  const layers = layersOf(parts);
  const relative = ceilingsOf(parts)
    .flatMap(({ filesystem }) => filesystem?.grants ?? [])
    .find(({ path }) => !/^[/~]/.test(path));
  if (relative !== undefined) {
    const found = JSON.stringify(relative.path);
    throw new SkillError(
      'INVALID_OPTIONS',
      `The ceiling has the relative path ${found}; allowed: absolute paths and ~`,
    );
  }
  const files = area(layers, 'filesystem').map(({ part, value }) => ({
    part,
    grants: resolved(value.grants, places),
    forbidden: resolved(value.forbidden, places),
  }));
  const forbidden = [
    ...new Set(files.flatMap((layer) => layer.forbidden.map((entry) => entry.path))),
  ].toSorted();
  const grants = intersectGrants(files.map((layer) => layer.grants)).filter(
    (grant) => !forbidden.some((entry) => covers(entry, grant.path)),
  );
  const network = area(layers, 'network').map(({ part, value }) => ({ part, rules: value.rules }));
  const environment = area(layers, 'environment').map(({ part, value }) => ({ part, rule: value }));
  const interfaces = area(layers, 'interfaces').map(
    ({ value }) => new Set(value.map((entry) => entry.name)),
  );
  return {
    filesystem: { grants, forbidden },
    network: {
      layers: collapsed(
        distinct(network, (layer) => layer.rules.map(ruleKey).toSorted().join('\n')),
        (layer) => layer.rules.length === 0,
      ),
      dns: effectiveDns(parts),
    },
    environment: {
      layers: collapsed(
        distinct(environment, (layer) => ruleKey(layer.rule)),
        ({ rule }) => rule.allowlist.length + rule.patterns.length === 0,
      ),
    },
    credentials: effectiveCredentials(area(layers, 'credentials').map(({ value }) => value)),
    interfaces: [...(interfaces[0] ?? [])]
      .filter((name) => interfaces.every((names) => names.has(name)))
      .toSorted(),
    volumes: effectiveVolumes(layers, forbidden, places),
    explain: { table, filesystem: files, declared: parts.declared, overrides: parts.overrides },
  };
}
