/** What lies beside a store that was made of an export: the key and the end that its own store signed. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { SkillError } from '../errors.ts';
import type { JsonObject } from '../schema/json.ts';

export interface Imported {
  /** PEM. */
  readonly publicKey: string;
  /** The signed statement about the end of the chain. */
  readonly end: JsonObject;
}

/** Undefined for a store of this machine's own. @throws SkillError AUDIT_UNAVAILABLE when it is damaged */
export function readImported(path: string): Imported | undefined {
  const file = `${path}.imported`;
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Imported;
  } catch (error) {
    throw new SkillError('AUDIT_UNAVAILABLE', `${file} cannot be read. Import the export again.`, {
      cause: error,
    });
  }
}

/** Before the store itself is there: one that an earlier import left is replaced. */
export function writeImported(path: string, imported: Imported): void {
  const text = `${JSON.stringify(imported)}\n`;
  rmSync(`${path}.imported`, { force: true });
  writeFileSync(`${path}.imported`, text, { flag: 'wx', mode: 0o600 });
}
