/** Why a file of a skill is not handed out. */
import { escapeText } from '../audit/escape.ts';
import { SkillError } from '../errors.ts';

export function notFound(path: string): SkillError {
  return new SkillError(
    'RESOURCE_NOT_FOUND',
    `The skill has no file ${quoted(path)}. load_skill lists those that it has.`,
    { details: { path: escapeText(path) } },
  );
}

export function refusedResource(path: string, reason: string): SkillError {
  return new SkillError('RESOURCE_REFUSED', `The file ${quoted(path)} is refused: ${reason}.`, {
    details: { path: escapeText(path), reason },
  });
}

function quoted(path: string): string {
  return JSON.stringify(escapeText(path.slice(0, 300)));
}
