import { refuseName } from './names.ts';
import type { ComponentMember } from './survey-externs.ts';

/** What every JavaScript function has without anybody having written it: `InputStream.constructor` is `Function`. */
const inheritedByClasses = new Set(['apply', 'arguments', 'bind', 'call', 'caller', 'to-string']);

/**
 * Refuses functions of imported interfaces whose names JavaScript objects have by themselves. jco takes an imported
 * function by its name from the host's object (`imports['a:b/c'].name`, `Resource.name`), so the guest would
 * call what the host never offered: `[static]input-stream.constructor` creates functions from text.
 *
 * @throws SkillError `COMPONENT_NAME_REFUSED`
 */
export function assertImportMembers(
  members: readonly ComponentMember[],
  where: string,
  offset: number,
): void {
  for (const { name, kind } of members) {
    if (kind !== 'function' || name.startsWith('[constructor]')) continue;
    const label = name.slice(Math.max(name.indexOf(']'), name.indexOf('.')) + 1).toLowerCase();
    const inherited =
      label === 'constructor' ||
      label === 'prototype' ||
      (name.startsWith('[static]') && inheritedByClasses.has(label));
    if (inherited) {
      throw refuseName(
        name,
        `a function of ${where}`,
        offset,
        'JavaScript objects have it by themselves',
      );
    }
  }
}
