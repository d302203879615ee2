/** An installed skill: its files read once, held against the lock, and kept for the load. */
import type { LockedSkill } from './lock-format.ts';
import { SkillError } from '../errors.ts';
import type { SkillSource } from '../load.ts';
import { statePlaces } from '../places.ts';
import { DEFAULT_LEVEL, reaches, type TrustLevel } from '../trust/levels.ts';
import { readPackage, type SkillPackage } from '../trust/package.ts';
import { escapeText } from '../audit/escape.ts';
import { fileDigests, treeDigest, type PackageFiles } from './package-files.ts';
import { readFolder } from './read-folder.ts';
import { sourcesOf } from './sources.ts';
import { SkillStore, type StoreScope, type StoredSkill } from './store.ts';

/** What `engine.load` takes besides paths. The bytes in it are those that were verified. */
export class InstalledSkill {
  readonly scope: StoreScope;
  readonly entry: LockedSkill;
  readonly source: SkillSource;
  readonly package: SkillPackage;
  /** True if this operator approved exactly this package with exactly this authority. */
  readonly approved: boolean;
  readonly trust: TrustLevel;

  /** @internal Use {@link findInstalled}. */
  constructor(
    scope: StoreScope,
    entry: LockedSkill,
    sealed: boolean,
    source: SkillSource,
    package_: SkillPackage,
  ) {
    this.scope = scope;
    this.entry = entry;
    this.source = source;
    this.package = package_;
    this.approved = sealed && entry.approval.authority === package_.authority;
    // What somebody else wrote into a lock never raises a level.
    this.trust = sealed || !reaches(entry.trust, DEFAULT_LEVEL) ? entry.trust : DEFAULT_LEVEL;
  }
}

/** Which stores are asked for installed skills. */
export interface StoreOptions {
  /** Directory of all state. Default as for `createEngine`. */
  readonly home?: string | undefined;
  /** Folder of the project whose store is asked first. Default: the current directory. */
  readonly project?: string | undefined;
}

/** The stores that a name is looked up in, in order. */
export function storesOf({
  home,
  project = process.cwd(),
}: StoreOptions = {}): readonly SkillStore[] {
  const places = statePlaces(home);
  return [SkillStore.project(project, places), SkillStore.user(places)];
}

/**
 * The installed skill of this name, verified; undefined if there is none.
 *
 * @throws SkillError PACKAGE_CHANGED, LOCK_INVALID, STATE_UNAVAILABLE
 */
export async function findInstalled(
  name: string,
  options: StoreOptions = {},
): Promise<InstalledSkill | undefined> {
  for (const store of storesOf(options)) {
    const stored = await store.find(name);
    if (stored !== undefined) return verifyStored(store, stored);
  }
  return undefined;
}

/**
 * Holds an installed skill's files against its lock entry, and gives what can be loaded.
 *
 * @throws SkillError as {@link findInstalled}
 */
export async function verifyStored(
  store: SkillStore,
  { entry, sealed }: StoredSkill,
): Promise<InstalledSkill> {
  if (!sealed && store.scope === 'user') {
    throw new SkillError(
      'LOCK_INVALID',
      `The entry of ${entry.name} in ${store.lockFile} is not the one that was approved: it was edited, or lock.key beside it was replaced. Nothing of it counts. Look at the skill, then install it again: skill install ${escapeText(entry.source)}`,
      { details: { skill: entry.name, file: store.lockFile } },
    );
  }
  const files = await verifiedFiles(store, entry);
  const source = sourcesOf(files, entry.base ?? store.folderOf(entry)).find(
    ({ manifest }) => manifest.name === entry.name,
  );
  if (source === undefined) {
    throw new SkillError('LOCK_INVALID', `The package of ${entry.name} has no skill of that name.`);
  }
  return new InstalledSkill(store.scope, entry, sealed, source, await readPackage(source));
}

/** All files, each as the lock has it, and no others. */
async function verifiedFiles(store: SkillStore, entry: LockedSkill): Promise<PackageFiles> {
  const folder = store.folderOf(entry);
  const files = await readFolder(folder, { exact: true }).catch((cause: unknown) => {
    throw changed(entry, SkillError.from(cause).message, undefined, cause);
  });
  const found = fileDigests(files);
  const paths = new Set([...Object.keys(found), ...Object.keys(entry.files)]);
  for (const path of [...paths].toSorted()) {
    const [now, then] = [own(found, path), own(entry.files, path)];
    if (now === then) continue;
    const what =
      then === undefined ? 'was added' : now === undefined ? 'is missing' : 'is another one';
    throw changed(entry, `${escapeText(path)} ${what}`, path);
  }
  if (treeDigest(found) !== entry.digest) {
    throw changed(entry, 'the lock contradicts itself', undefined);
  }
  return files;
}

function own(record: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function changed(entry: LockedSkill, problem: string, file?: string, cause?: unknown): SkillError {
  return new SkillError(
    'PACKAGE_CHANGED',
    `The package of ${entry.name} is not what was installed: ${problem}. It does not run. Find out who changed it, then install it again: skill install ${escapeText(entry.source)}`,
    {
      details: { skill: entry.name, ...(file === undefined ? {} : { file }) },
      ...(cause === undefined ? {} : { cause }),
    },
  );
}
