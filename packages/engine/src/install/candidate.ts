/** A package that may be installed: its bytes, its signature, and what its skills ask for. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { escapeText } from '../audit/escape.ts';
import { isProvidedWasi } from '../component/imports.ts';
import { prepareComponent } from '../component/prepare.ts';
import { SkillError } from '../errors.ts';
import { componentOf, type SkillSource } from '../load.ts';
import type { DeclaredCapabilities } from '../manifest/types.ts';
import { statePlaces } from '../places.ts';
import { capabilityWords } from '../trust/plain-words.ts';
import { assertTrusted, type TrustLevel } from '../trust/levels.ts';
import { readPackage, type SkillPackage } from '../trust/package.ts';
import { TrustSettings } from '../trust/settings.ts';
import { checkSignature, type SignatureState } from '../trust/signature.ts';
import type { LockedSkill } from './lock-format.ts';
import { obtainPackage } from './obtain.ts';
import type { InstalledSkill } from './installed.ts';
import { fileDigests, signatureName, treeDigest, type PackageFiles } from './package-files.ts';
import { sourcesOf } from './sources.ts';
import type { SkillStore } from './store.ts';

/** What {@link prepareInstall} takes. */
export interface PrepareInstallOptions {
  /** Directory of all state. Default: as for `createEngine`. */
  readonly home?: string | undefined;
  /** Directory that relative grants start from. Default: the folder that is installed from; none for others. */
  readonly base?: string | undefined;
}

/** One skill of a package, ready to be shown and then installed. `engine.load` takes it, with no capability. */
export class CandidateSkill {
  readonly source: SkillSource;
  readonly package: SkillPackage;
  /** `treeDigest` of the whole package. */
  readonly digest: string;
  readonly signature: SignatureState;
  readonly #files: PackageFiles;
  readonly #from: string;
  readonly #base: string | null;

  /** @internal Use {@link prepareInstall}. */
  constructor(
    source: SkillSource,
    package_: SkillPackage,
    digest: string,
    signature: SignatureState,
    files: PackageFiles,
    from: string,
  ) {
    this.source = source;
    this.package = package_;
    this.digest = digest;
    this.signature = signature;
    this.#files = files;
    this.#from = from;
    this.#base = relativePaths(package_.declared).length === 0 ? null : source.baseDir;
  }

  /**
   * Whether whoever made the installed one made this one, as far as can be known: by the same key where that was
   * signed, else from the same path or URL. If not, what was agreed to for that one says nothing about this one.
   */
  follows({ signature, source }: LockedSkill): boolean {
    if (signature.state === 'verified') return this.signature.key === signature.key;
    return this.#from === source;
  }

  /**
   * Whether it has a signature that the installed one lacks. No digest covers signatures: the bytes of both can be the
   * same, and installing it is still worth something.
   */
  addsSignature({ entry, source }: InstalledSkill): boolean {
    const { state, key } = this.signature;
    if (state === 'verified') return entry.signature.key !== key;
    return this.#files.has(signatureName) && source.files?.has(signatureName) !== true;
  }

  /**
   * Installs it with what it asks for: call it only after the operator approved that.
   *
   * @param replaced the entry that was shown as the one to be replaced
   * @throws SkillError STATE_UNAVAILABLE, LOCK_INVALID, SKILL_QUARANTINED, SIGNATURE_REQUIRED
   */
  async install(
    store: SkillStore,
    approval: {
      readonly approver: string;
      readonly trust: TrustLevel;
      readonly home?: string | undefined;
    },
    replaced: LockedSkill | undefined,
    time = new Date(),
  ): Promise<void> {
    const { name, version, declared, places, runs, authority } = this.package;
    const { signed } = await new TrustSettings(statePlaces(approval.home).data).read();
    assertSigned(name, approval.trust, this.signature, signed);
    const { groups } = capabilityWords(declared, places, runs);
    const { state, key } = this.signature;
    await store.put(
      {
        name,
        version,
        digest: this.digest,
        files: fileDigests(this.#files),
        source: this.#from,
        base: this.#base,
        trust: approval.trust,
        signature: { state, key },
        approval: {
          authority,
          grants: groups.flatMap(({ verb, items }) => items.map((item) => `${verb} ${item}`)),
          approver: approval.approver,
          time: time.toISOString(),
        },
      },
      this.#files,
      replaced?.digest,
    );
  }
}

/**
 * Fetches a package and checks all that can be checked before anybody is asked: names and bounds, then the signature,
 * and only then the manifest, its schemas and the component.
 *
 * @throws SkillError PACKAGE_NOT_FOUND, PACKAGE_INVALID, SIGNATURE_INVALID, and the codes of manifests and components
 */
export async function prepareInstall(
  named: string,
  options: PrepareInstallOptions = {},
): Promise<readonly CandidateSkill[]> {
  const places = statePlaces(options.home);
  const { keys } = await new TrustSettings(places.data).read();
  const { files, source: from } = await obtainPackage(named);
  const digest = treeDigest(fileDigests(files));
  const signature = checkSignature(files.get(signatureName), digest, keys);
  const folder = await isFolder(from);
  const base = options.base === undefined ? (folder ? from : undefined) : resolve(options.base);
  const candidates: CandidateSkill[] = [];
  for (const source of sourcesOf(files, base ?? '/')) {
    const { capabilities, name, overrides } = source.manifest;
    const [relative] = relativePaths(capabilities);
    const [narrowed] = overrides.filesystem?.grants.filter(isRelative) ?? [];
    const path = relative ?? narrowed?.path;
    if (path !== undefined && base === undefined) {
      throw new SkillError(
        'INVALID_OPTIONS',
        `${name} asks for ${JSON.stringify(escapeText(path))}, a relative path. Say which directory it starts from: --base DIR`,
        { details: { skill: name, path } },
      );
    }
    if (base !== undefined && !(await isFolder(base))) {
      throw new SkillError('INVALID_OPTIONS', `The directory ${base} (--base) does not exist.`);
    }
    const package_ = await readPackage(source);
    // An embedding program may offer what the manifest names; whether one does is known when it is loaded.
    const asked = capabilities.interfaces.map((entry) => entry.name);
    if (source.manifest.runtime === 'wasm') {
      await prepareComponent({
        ...componentOf(source),
        cacheDir: places.cache,
        provided: (one) =>
          isProvidedWasi(one) || asked.some((has) => one === has || one.startsWith(`${has}@`)),
      });
    }
    candidates.push(new CandidateSkill(source, package_, digest, signature, files, from));
  }
  return candidates;
}

/** @throws SkillError SIGNATURE_REQUIRED, SKILL_QUARANTINED */
export function assertSigned(
  name: string,
  level: TrustLevel,
  signature: { readonly state: 'verified' | 'unverified' },
  signed: readonly TrustLevel[],
): void {
  if (level === 'quarantine') return;
  assertTrusted(name, level, 'untrusted');
  if (!signed.includes(level) || signature.state === 'verified') return;
  throw new SkillError(
    'SIGNATURE_REQUIRED',
    `Skills of the level ${level} need a verified signature here, and ${name} has none. Add its author's key (skill trust key add FILE), take the package again once its author has signed it (skill update ${name}), or give it another level.`,
    { details: { skill: name, level } },
  );
}

const isRelative = ({ path }: { readonly path: string }): boolean => !/^[/~]/.test(path);

function relativePaths({ filesystem }: DeclaredCapabilities): string[] {
  return [...filesystem.grants, ...filesystem.forbidden].filter(isRelative).map(({ path }) => path);
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}
