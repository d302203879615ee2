/** The limits that flags narrow. */
import type { Limits } from '@skill-engine/engine';
import type { CommandLine } from './args.ts';
import { parseCount, parseSeconds, parseSize } from './units.ts';

const readers = {
  fuel: ['fuel', parseCount],
  memory: ['memoryBytes', parseSize],
  timeout: ['timeoutMs', parseSeconds],
  output: ['outputBytes', parseSize],
  disk: ['diskBytes', parseSize],
} as const satisfies Record<
  string,
  readonly [keyof Limits, (flag: string, text: string) => number]
>;

export type LimitFlag = keyof typeof readers;

export const limitFlags = Object.keys(readers) as LimitFlag[];

export function limitsOf(line: CommandLine): Partial<Limits> {
  const limits: { -readonly [Key in keyof Limits]?: Limits[Key] } = {};
  for (const flag of limitFlags) {
    const text = line.one(flag);
    const [key, read] = readers[flag];
    if (text !== undefined) limits[key] = read(flag, text);
  }
  return limits;
}

/** Flags whose value is above the skill's own limit, which then stays. */
export function superfluous(line: CommandLine, own: Limits): LimitFlag[] {
  const asked = limitsOf(line);
  return limitFlags.filter((flag) => (asked[readers[flag][0]] ?? 0) > own[readers[flag][0]]);
}
