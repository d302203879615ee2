/** `skill/tool` patterns of policies: `*` stands for any characters but `/`, everything else for itself. */
import { SkillError } from '../errors.ts';

const LONGEST = 200;

export type ToolMatcher = (skill: string, tool: string) => boolean;

export function isToolPattern(pattern: string): boolean {
  const parts = pattern.split('/');
  return (
    pattern.length <= LONGEST &&
    parts.length <= 2 &&
    parts.every((part) => /^[A-Za-z0-9_.*-]+$/.test(part))
  );
}

/**
 * A name alone means all tools of that skill. Matching is of the whole text, case-sensitive, and takes linear time
 * in the length of the names.
 *
 * @throws SkillError INVALID_OPTIONS
 */
export function toolMatcher(patterns: readonly string[], where: string): ToolMatcher {
  const pairs = patterns.map((pattern) => {
    const parts = pattern.split('/');
    if (!isToolPattern(pattern)) {
      throw new SkillError(
        'INVALID_OPTIONS',
        `${where}: ${JSON.stringify(pattern)} is no pattern; write SKILL, SKILL/TOOL, with * for any part of a name.`,
      );
    }
    return [parts[0]!, parts[1] ?? '*'] as const;
  });
  return (skill, tool) => pairs.some(([one, other]) => matches(one, skill) && matches(other, tool));
}

/** The first piece at the beginning, the last at the end, each other where it first comes: no backtracking. */
function matches(pattern: string, text: string): boolean {
  const pieces = pattern.split('*');
  if (pieces.length === 1) return pattern === text;
  const first = pieces[0]!;
  const last = pieces.at(-1)!;
  if (text.length < first.length + last.length) return false;
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  const end = text.length - last.length;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, at);
    if (found < 0 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
}
