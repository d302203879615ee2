/** What `skill inspect` looks at: an installed skill, a path, or a package (tarball, URL) that is not installed. */
import { Acceptances, SkillError, prepareInstall, statePlaces } from '@skill-engine/engine';
import type {
  CandidateSkill,
  InstalledSkill,
  JsonValue,
  SignatureState,
  SkillPackage,
} from '@skill-engine/engine';
import { toJson } from './json.ts';
import { chooseTarget } from './target.ts';

export interface Inspected {
  readonly package: SkillPackage;
  /** What `engine.load` takes. */
  readonly load: string | InstalledSkill | CandidateSkill;
  readonly installed: InstalledSkill | undefined;
  /** Digest of all files of the package, where they are known. */
  readonly tree: string | undefined;
  readonly signature: SignatureState['state'] | undefined;
}

export interface Accepted {
  readonly approver: string;
  readonly time: string;
}

const isPackage = /^(?:file|https):|\.(?:tgz|tar|tar\.gz)$/;

export async function chooseInspected(
  named: string,
  manifest: string | undefined,
  name: string | undefined,
): Promise<Inspected> {
  if (isPackage.test(named) && manifest === undefined) {
    const candidate = only(named, await prepareInstall(named, { base: process.cwd() }), name);
    return {
      package: candidate.package,
      load: candidate,
      installed: undefined,
      tree: candidate.digest,
      signature: candidate.signature.state,
    };
  }
  const { package: package_, installed } = await chooseTarget(named, manifest, name);
  return {
    package: package_,
    load: installed ?? named,
    installed,
    tree: installed?.entry.digest,
    signature: installed?.entry.signature.state,
  };
}

function only(
  named: string,
  candidates: readonly CandidateSkill[],
  name: string | undefined,
): CandidateSkill {
  const found = candidates.filter((one) => name === undefined || one.package.name === name);
  const [first] = found;
  if (found.length === 1 && first !== undefined) return first;
  const names = candidates.map((one) => one.package.name).join(', ');
  throw new SkillError(
    'SKILL_NOT_FOUND',
    `${named} has the skills ${names}. Choose one with --skill NAME.`,
  );
}

/** Who accepted it, as it stands: at the installation, or at a first use. */
export async function acceptanceOf({
  package: package_,
  installed,
}: Inspected): Promise<Accepted | undefined> {
  if (installed?.approved === true) return installed.entry.approval;
  const digest = installed?.entry.digest ?? package_.digest;
  return new Acceptances(statePlaces().data).find({ ...package_, digest });
}

export function installedJson({ scope, trust, entry, approved }: InstalledSkill): JsonValue {
  const { source, base, signature, approval } = entry;
  return toJson({ scope, trust, approved, source, base, signature, approval });
}

export function installedFields({
  installed,
  tree,
  signature,
}: Inspected): (readonly [string, readonly string[]])[] {
  const fields: (readonly [string, readonly string[]])[] = [];
  if (tree !== undefined) fields.push(['package', [tree]]);
  if (signature !== undefined) fields.push(['signed', [signature]]);
  if (installed !== undefined) {
    const { scope, trust, entry } = installed;
    fields.push(['installed', [`${scope} store, from ${entry.source}`]], ['trust', [trust]]);
  }
  return fields;
}
