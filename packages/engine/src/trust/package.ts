/** A skill as it lies on disk, before anything of it is loaded: what consent is asked about. */
import { effective } from '../authority/effective.ts';
import { hashAuthority } from '../authority/hash.ts';
import type { Places } from '../authority/types.ts';
import { checkDigest, readComponent } from '../component/read.ts';
import { componentOf, type SkillSource } from '../load.ts';
import type { DeclaredCapabilities } from '../manifest/types.ts';
import { operatorHome } from '../places.ts';
import { assertPlainGrants } from './plain-grants.ts';
import { packageDigest, sha256OfText } from './package-digest.ts';
import { runsOutside, type RunsOutside } from './runs-outside.ts';

/** One skill, as a person is asked about it: what it asks for, and the digests that an acceptance is bound to. */
export interface SkillPackage {
  /** Of the skill. */
  readonly name: string;
  /** Of the skill. */
  readonly version: string;
  /** What its manifest asks for. */
  readonly declared: DeclaredCapabilities;
  /** What relative paths and `~` in `declared` resolve against. */
  readonly places: Places;
  /** Lower-case hexadecimal SHA-256 of the component file; `null` for a skill that is none. */
  readonly sha256: string | null;
  /** What it runs outside of the sandbox; `undefined` for a component. */
  readonly runs?: RunsOutside | undefined;
  /** See {@link packageDigest}. */
  readonly digest: string;
  /**
   * Digest of the authority that accepting gives, with absolute paths. The same package in another folder has another
   * one if its grants are relative, so that an acceptance never reaches folders that were not shown.
   */
  readonly authority: string;
  /** False for a component whose manifest asks for no capability at all. */
  readonly needsConsent: boolean;
}

/** Whether the capabilities give anything; what only forbids does not. */
export function givesAnything(declared: DeclaredCapabilities): boolean {
  const { filesystem, network, environment, credentials, interfaces, volumes } = declared;
  return (
    filesystem.grants.length > 0 ||
    network.rules.length > 0 ||
    environment.allowlist.length > 0 ||
    environment.patterns.length > 0 ||
    credentials.length > 0 ||
    interfaces.length > 0 ||
    volumes.length > 0
  );
}

/**
 * Reads and digests the component that a manifest names. Nothing of it is interpreted.
 *
 * Compare `sha256` (and `digest`) with what was loaded before anything runs: the files may change between the two.
 *
 * @throws SkillError COMPONENT_NOT_FOUND, COMPONENT_TOO_LARGE, COMPONENT_DIGEST_MISMATCH, MANIFEST_INVALID
 */
export async function readPackage(
  source: SkillSource,
  home: string | undefined = operatorHome(),
): Promise<SkillPackage> {
  const { manifest, baseDir, manifestText, schemas } = source;
  const sha256 = manifest.runtime === 'wasm' ? await componentDigest(source) : null;
  const runs = runsOutside(manifest);
  const places: Places = { baseDir, home };
  const parts = {
    declared: manifest.capabilities,
    granted: 'declared' as const,
    overrides: manifest.overrides,
  };
  await assertPlainGrants(manifest.capabilities, places);
  return {
    name: manifest.name,
    version: manifest.version,
    declared: manifest.capabilities,
    places,
    sha256,
    digest: packageDigest({ skill: manifest.name, manifestText, componentSha256: sha256, schemas }),
    authority: hashAuthority(effective(parts, places), sha256OfText),
    runs,
    needsConsent: runs !== undefined || givesAnything(manifest.capabilities),
  };
}

async function componentDigest(source: SkillSource): Promise<string> {
  const component = componentOf(source);
  const { sha256 } =
    'path' in component
      ? await readComponent(component.path, { sha256: component.sha256 })
      : await checkDigest(component.bytes, component.sha256);
  return sha256;
}
