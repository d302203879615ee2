import { SkillError } from '@skill-engine/engine';
import type { NativeRule } from './types.ts';

const refuseKeys = new Set(
  'kind name reason commands options also words verbs matches only before unless input bundled'.split(
    ' ',
  ),
);
const runsKeys = new Set(
  'kind name commands runs flags values operands assignments adds'.split(' '),
);

/**
 * A rule with a misspelled condition would refuse more than it says, or nothing.
 *
 * @throws SkillError INVALID_OPTIONS
 */
export function checkRules(rules: readonly NativeRule[]): void {
  for (const [index, rule] of rules.entries()) {
    const problem = problemOf(rule);
    if (problem === undefined) continue;
    const message = `Rule ${index} of native commands (${JSON.stringify(rule?.name)}) is none: ${problem}.`;
    throw new SkillError('INVALID_OPTIONS', message);
  }
}

function problemOf(rule: NativeRule): string | undefined {
  if (typeof rule !== 'object' || rule === null) return 'it is no object';
  if (rule.kind !== 'refuse' && rule.kind !== 'runs') return 'its kind is neither refuse nor runs';
  if (typeof rule.name !== 'string' || rule.name === '') return 'it has no name';
  const known = rule.kind === 'refuse' ? refuseKeys : runsKeys;
  const unknown = Object.keys(rule).find((key) => !known.has(key));
  if (unknown !== undefined) return `nobody knows ${JSON.stringify(unknown)}`;
  if (!isTexts(rule.commands) || rule.commands.length === 0) return 'commands are no list of names';
  if (rule.kind === 'runs') {
    return ['arguments', 'actions', 'shell', 'remote'].includes(rule.runs)
      ? undefined
      : 'nobody knows what it runs';
  }
  if (typeof rule.reason !== 'string') return 'it has no reason';
  for (const key of ['options', 'also', 'words', 'verbs', 'matches', 'only', 'unless'] as const) {
    if (rule[key] !== undefined && !isTexts(rule[key])) return `${key} is no list of texts`;
  }
  const { flags = [], values = [], ...others } = rule.before ?? {};
  if (!isTexts(flags) || !isTexts(values) || Object.keys(others).length > 0) {
    return 'before has other things than lists of flags and values';
  }
  for (const source of rule.matches ?? []) {
    try {
      void new RegExp(source, 'u');
    } catch {
      return `${JSON.stringify(source)} is no regular expression`;
    }
  }
  return undefined;
}

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');
