/** Why a vault cannot be used. Each has its own way out, and none of them touches the file. */
import { SkillError } from '../errors.ts';

export function corrupt(path: string, why: string): SkillError {
  return new SkillError(
    'CREDENTIALS_CORRUPT',
    `The credentials in ${path} are damaged: ${why}. Nothing was changed. Restore the file from a copy, or move it away and set the credentials again.`,
    { details: { path } },
  );
}

export function locked(path: string, why: string, cause?: unknown): SkillError {
  return new SkillError('CREDENTIALS_LOCKED', `The credentials in ${path} stay locked: ${why}.`, {
    details: { path },
    cause,
  });
}

export function unavailable(path: string, why: string, cause?: unknown): SkillError {
  return new SkillError(
    'CREDENTIALS_UNAVAILABLE',
    `The credentials in ${path} cannot be used: ${why}.`,
    {
      details: { path },
      cause,
    },
  );
}
