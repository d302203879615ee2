/** Who calls, as the embedding program says it. */
import { SkillError } from './errors.ts';
import type { ExecuteOptions } from './execution.ts';
import { copyJson } from './schema/index.ts';
import { isJsonObject, type JsonObject } from './schema/json.ts';

export function userOf({ user = null }: { readonly user?: string | null }): string | null {
  if (user === null || typeof user === 'string') return user;
  throw new SkillError('INVALID_OPTIONS', `options.user must be a string, not ${typeof user}.`);
}

export function callerOf({ caller }: ExecuteOptions): JsonObject {
  if (caller === undefined) return {};
  const copied = copyJson(caller);
  if (copied.ok && isJsonObject(copied.value)) {
    const reserved = Object.keys(copied.value).find((key) => key.startsWith('engine:'));
    if (reserved === undefined) return copied.value;
    throw new SkillError(
      'INVALID_OPTIONS',
      `options.caller has ${JSON.stringify(reserved)}, which only the engine writes.`,
    );
  }
  throw new SkillError(
    'INVALID_OPTIONS',
    `options.caller must be an object of plain JSON values${copied.ok ? '' : `: ${copied.problem}`}.`,
  );
}
