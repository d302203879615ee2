import { SkillError, escapeText } from '@skill-engine/engine';

/** A file that the command line names cannot be made: the operator's to put right, and no fault of the engine. */
export function unwritable(path: string, cause: unknown): SkillError {
  const { code, message } = cause as NodeJS.ErrnoException;
  return new SkillError(
    'INVALID_OPTIONS',
    `${escapeText(path)} cannot be written: ${code ?? message}. Name a file in a directory that exists and that you may write to.`,
    { cause },
  );
}
