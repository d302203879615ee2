/** Whether a skill may be loaded, with which grant, and behind which walls: trust decides, before anything is prepared. */
import type { AuthorityParts } from './authority/types.ts';
import type { EngineOptions, LoadOptions } from './engine-options.ts';
import { SkillError } from './errors.ts';
import { assertSigned, CandidateSkill } from './install/candidate.ts';
import { InstalledSkill } from './install/installed.ts';
import { signatureName } from './install/package-files.ts';
import { stricter, type IsolationOptions } from './isolate/level.ts';
import { readCapabilities } from './manifest/options.ts';
import { assertPath } from './path-refusals.ts';
import type { StatePlaces } from './places.ts';
import {
  assertTrusted,
  DEFAULT_LEVEL,
  reaches,
  requiresLayers,
  trustLevelOf,
  type TrustLevel,
} from './trust/levels.ts';
import { TrustSettings } from './trust/settings.ts';
import { checkSignature } from './trust/signature.ts';

export interface Admission {
  readonly granted: AuthorityParts['granted'];
  readonly trust: TrustLevel;
}

/** @throws SkillError SKILL_QUARANTINED, TRUST_TOO_LOW, SIGNATURE_REQUIRED, CAPABILITY_DENIED, INVALID_OPTIONS */
export async function admit(
  skill: string | InstalledSkill | CandidateSkill,
  options: LoadOptions,
  engine: EngineOptions['trust'] = {},
  places: StatePlaces,
): Promise<Admission> {
  if (!(skill instanceof InstalledSkill || skill instanceof CandidateSkill)) assertPath(skill);
  const minimum = trustLevelOf(engine.minimum ?? 'untrusted', 'trust.minimum of the engine');
  const trust = levelOf(skill, options);
  const name = typeof skill === 'string' ? skill : skill.package.name;
  assertTrusted(name, trust, minimum);
  if (skill instanceof InstalledSkill) await assertStillSigned(skill, trust, places);
  return { granted: grantOf(skill, options), trust };
}

function levelOf(
  skill: string | InstalledSkill | CandidateSkill,
  { trust }: LoadOptions,
): TrustLevel {
  const asked = trust === undefined ? undefined : trustLevelOf(trust, 'trust of the load');
  if (!(skill instanceof InstalledSkill)) return asked ?? DEFAULT_LEVEL;
  return asked !== undefined && reaches(skill.trust, asked) ? asked : skill.trust;
}

/** A key that was removed since, or a level that needs a signature since, counts from the next load on. */
async function assertStillSigned(
  { source, entry }: InstalledSkill,
  level: TrustLevel,
  { data }: StatePlaces,
): Promise<void> {
  const { keys, signed } = await new TrustSettings(data).read();
  if (!signed.includes(level)) return;
  const signature = checkSignature(source.files?.get(signatureName), entry.digest, keys);
  assertSigned(entry.name, level, signature, signed);
}

function grantOf(
  skill: string | InstalledSkill | CandidateSkill,
  { grant }: LoadOptions,
): AuthorityParts['granted'] {
  if (grant === undefined && skill instanceof InstalledSkill) {
    if (skill.approved) return 'declared';
    const { name, version, digest } = skill.package;
    throw new SkillError(
      'CAPABILITY_DENIED',
      `${name} ${version} is installed, but nobody has approved it on this machine as it stands. skill inspect ${name} shows it; then run it on a terminal, or with --accept ${digest}`,
      { details: { reason: 'consent', skill: name, version, digest } },
    );
  }
  if (grant === undefined || grant === 'none' || grant === 'declared') return grant ?? 'none';
  if (typeof grant === 'string') {
    throw new SkillError(
      'INVALID_OPTIONS',
      `The grant of a load is ${JSON.stringify(grant)}; it is "declared", "none", or a value in the forms of [skills.capabilities], such as { network: 'none' }.`,
    );
  }
  return readCapabilities(grant, 'grant');
}

/** What engine and load ask for, and never less than the trust level needs. */
export function isolationOf(
  trust: TrustLevel,
  engine: IsolationOptions | undefined,
  load: IsolationOptions | undefined,
): Required<IsolationOptions> {
  const asked = stricter(engine, load);
  // An operator who names the layers has decided; nobody is let off them by silence.
  const silent = engine?.os === undefined && load?.os === undefined;
  const os = requiresLayers(trust) && silent ? 'required' : asked.os;
  const level = trust === 'trusted' && os !== 'required' ? asked.level : 'process';
  return { level, os };
}
