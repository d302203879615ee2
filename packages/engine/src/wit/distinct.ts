import { SkillError } from '../errors.ts';
import { javascriptName } from './javascript-name.ts';
import type { WitTypes } from './types.ts';

/**
 * Refuses records and flags of which two names would be one in JavaScript: one value would silently stand for both.
 *
 * @throws SkillError COMPONENT_NAME_REFUSED
 */
export function assertDistinct(types: WitTypes): void {
  for (const type of types) {
    const names =
      type.kind === 'record'
        ? type.fields.map(({ name }) => name)
        : type.kind === 'flags'
          ? type.names
          : [];
    const seen = new Map<string, string>();
    for (const name of names) {
      const other = seen.get(javascriptName(name));
      if (other !== undefined) {
        throw new SkillError(
          'COMPONENT_NAME_REFUSED',
          `The names "${other}" and "${name}" of one ${type.kind} are the same in generated code. Rename one of them and rebuild.`,
          { details: { names: [other, name] } },
        );
      }
      seen.set(javascriptName(name), name);
    }
  }
}
