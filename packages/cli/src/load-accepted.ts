import { SkillError } from '@skill-engine/engine';
import type { Engine, LoadOptions, Skill } from '@skill-engine/engine';
import type { Target } from './target.ts';

/**
 * Loads what was accepted, with what was accepted: another component or manifest that was put in its place
 * meanwhile never runs. Of an installed skill, the very bytes that were verified are loaded.
 */
export async function loadAccepted(
  engine: Engine,
  { named, package: accepted, installed }: Target,
  manifest: string | undefined,
  { limits, isolation }: Pick<LoadOptions, 'limits' | 'isolation'>,
): Promise<Skill> {
  const skills = await engine.load(installed ?? named, {
    only: accepted.name,
    grant: accepted.needsConsent ? 'declared' : 'none',
    ...(manifest === undefined ? {} : { manifest }),
    ...(limits === undefined ? {} : { limits }),
    ...(isolation === undefined ? {} : { isolation }),
  });
  const skill = skills.find(({ name }) => name === accepted.name);
  if (skill?.digest === accepted.digest) return skill;
  throw new SkillError(
    'COMPONENT_DIGEST_MISMATCH',
    `${accepted.name} changed while it was loaded, so it did not run. Try again.`,
    { details: { expected: accepted.digest, found: skill?.digest ?? null } },
  );
}
