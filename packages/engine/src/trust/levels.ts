/** How far an operator trusts a skill. Ordered by rank, never by their names; stricter walls the lower the rank. Pure. */
import { SkillError } from '../errors.ts';
import type { Limits } from '../execution.ts';

/**
 * How far the operator trusts a skill: bounds on its limits, and which walls are required. The guide on consent has
 * the table.
 */
export type TrustLevel = 'trusted' | 'third_party' | 'untrusted' | 'quarantine';

const MiB = 1024 * 1024;

interface LevelRules {
  readonly rank: number;
  /** The most that the limits of a skill of this level can be, whatever its manifest says. */
  readonly maximum: Partial<Limits>;
  /** Whether all layers of the operating system are required, unless the operator says otherwise. */
  readonly layers: boolean;
}

const rules: Readonly<Record<TrustLevel, LevelRules>> = {
  trusted: { rank: 3, maximum: {}, layers: false },
  third_party: {
    rank: 2,
    maximum: { memoryBytes: 2048 * MiB, timeoutMs: 600_000, diskBytes: 4096 * MiB },
    layers: false,
  },
  untrusted: {
    rank: 1,
    maximum: {
      memoryBytes: 64 * MiB,
      fuel: 5_000_000_000,
      timeoutMs: 15_000,
      outputBytes: MiB,
      diskBytes: 16 * MiB,
    },
    layers: true,
  },
  quarantine: {
    rank: 0,
    maximum: { memoryBytes: 0, fuel: 0, timeoutMs: 0, outputBytes: 0, diskBytes: 0 },
    layers: true,
  },
};

/** All trust levels, the most trusted first. */
export const trustLevels = Object.keys(rules) as readonly TrustLevel[];

/** What a skill has of which nobody said anything. */
export const DEFAULT_LEVEL: TrustLevel = 'third_party';

/**
 * Checks that a value is a trust level; `whose` begins the error's message.
 *
 * @throws SkillError INVALID_OPTIONS
 */
export function trustLevelOf(value: unknown, whose: string): TrustLevel {
  const level = trustLevels.find((one) => one === value);
  if (level !== undefined) return level;
  throw new SkillError(
    'INVALID_OPTIONS',
    `${whose} is ${JSON.stringify(value) ?? typeof value}; trust levels are ${trustLevels.join(', ')}.`,
  );
}

/** Whether `level` is at least `minimum`. */
export function reaches(level: TrustLevel, minimum: TrustLevel): boolean {
  return rules[level].rank >= rules[minimum].rank;
}

/** The level's maximum and what else narrows, limit by limit the smaller. */
export function narrowedBy(level: TrustLevel, by: Partial<Limits> = {}): Partial<Limits> {
  const result: Partial<Record<keyof Limits, number>> = { ...by };
  for (const [key, most] of Object.entries(rules[level].maximum) as [keyof Limits, number][]) {
    const value = by[key];
    // What is no number is refused where it is applied.
    if (value === undefined || value > most) result[key] = most;
  }
  return result;
}

export function requiresLayers(level: TrustLevel): boolean {
  return rules[level].layers;
}

/**
 * Refuses what never runs: the quarantined, and what is below the engine's minimum.
 *
 * @throws SkillError SKILL_QUARANTINED, TRUST_TOO_LOW
 */
export function assertTrusted(name: string, level: TrustLevel, minimum: TrustLevel): void {
  if (level === 'quarantine') {
    throw new SkillError(
      'SKILL_QUARANTINED',
      `${name} is in quarantine and never runs. If you judge it sound: skill trust set ${name} untrusted`,
      { details: { skill: name } },
    );
  }
  if (reaches(level, minimum)) return;
  throw new SkillError(
    'TRUST_TOO_LOW',
    `${name} has the trust level ${level}; this engine runs none below ${minimum}.`,
    { details: { skill: name, level, minimum } },
  );
}
