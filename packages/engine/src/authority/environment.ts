/** SPEC §4: allowlist, then patterns in order, then the blocklist; sensitive names only when allowed by exact name. */
import type { DeclaredEnvironment } from '../manifest/types.ts';
import { Refusal } from './refusal.ts';

const sensitiveParts = ['SECRET', 'PASSWORD', 'TOKEN', 'API_KEY', 'PRIVATE_KEY'];

/** Whatever the case: `db_password` is as sensitive as `DB_PASSWORD`. */
export function isSensitiveName(name: string): boolean {
  const upper = name.toUpperCase();
  return sensitiveParts.some((part) => upper.includes(part));
}

/** A name, or a pattern in which `*` stands for any characters, also none. Always the whole name, in its own case. */
export function checkEnvironmentPattern(text: string): Refusal | undefined {
  if (text === '') return new Refusal('a name is never empty');
  if (text.length > 256) return new Refusal('a name has at most 256 characters');
  // Without it, the name would pass that was to be removed: nothing is suggested.
  if (text.startsWith('!')) return new Refusal('`!` stands once, in `patterns` only');
  if (!/^[A-Za-z0-9_.*-]+$/.test(text)) {
    return new Refusal(
      'a name has only letters, digits, `_`, `.` and `-`, and `*` for any characters',
    );
  }
  return undefined;
}

/** Greedy matching with one point to return to: at most name × pattern steps. */
export function environmentMatches(pattern: string, name: string): boolean {
  let star = -1;
  let mark = 0;
  let p = 0;
  let n = 0;
  while (n < name.length) {
    if (pattern[p] === '*') {
      star = p;
      mark = n;
      p += 1;
    } else if (p < pattern.length && pattern[p] === name[n]) {
      p += 1;
      n += 1;
    } else if (star >= 0) {
      mark += 1;
      n = mark;
      p = star + 1;
    } else {
      return false;
    }
  }
  while (pattern[p] === '*') p += 1;
  return p === pattern.length;
}

export type EnvironmentVerdict = 'allowed' | 'unlisted' | 'removed' | 'blocked' | 'sensitive';

export function judgeEnvironmentName(rule: DeclaredEnvironment, name: string): EnvironmentVerdict {
  let verdict: EnvironmentVerdict = rule.allowlist.some((entry) => environmentMatches(entry, name))
    ? 'allowed'
    : 'unlisted';
  for (const pattern of rule.patterns) {
    if (pattern.startsWith('!')) {
      if (environmentMatches(pattern.slice(1), name)) verdict = 'removed';
    } else if (environmentMatches(pattern, name)) {
      verdict = 'allowed';
    }
  }
  if (rule.blocklist.some((entry) => environmentMatches(entry, name))) return 'blocked';
  if (verdict === 'allowed' && isSensitiveName(name) && !rule.allowlist.includes(name))
    return 'sensitive';
  return verdict;
}

/** The variables that pass, sorted by name, as a fresh list of pairs (a name may be `__proto__`). */
export function filterEnvironment(
  rule: DeclaredEnvironment | readonly DeclaredEnvironment[],
  env: Readonly<Record<string, string | undefined>>,
): [name: string, value: string][] {
  const rules = Array.isArray(rule)
    ? (rule as readonly DeclaredEnvironment[])
    : [rule as DeclaredEnvironment];
  const passed: [string, string][] = [];
  if (rules.length === 0) return passed;
  for (const name of Object.keys(env).toSorted()) {
    const value = env[name];
    if (value === undefined) continue;
    if (rules.every((layer) => judgeEnvironmentName(layer, name) === 'allowed'))
      passed.push([name, value]);
  }
  return passed;
}
