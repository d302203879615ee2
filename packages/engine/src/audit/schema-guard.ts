/** Whether the database is made of what the engine makes, and nothing else: triggers and views would do as they please. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { touched } from './open-check.ts';
import { checkVersion, ownSchema, schemaOf } from './schema.ts';

export class SchemaGuard {
  readonly #db: DatabaseSync;
  #cookie: StatementSync | undefined;
  #checked: number | undefined;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /**
   * Cheap where nothing was changed since the last time: SQLite counts changes.
   *
   * @throws SkillError AUDIT_UNAVAILABLE
   */
  check(): void {
    this.#cookie ??= this.#db.prepare('PRAGMA schema_version');
    const { schema_version: version } = this.#cookie.get() as { schema_version: number };
    if (version === this.#checked) return;
    const found = schemaProblem(this.#db);
    if (found) throw touched(found.problem);
    this.#checked = version;
  }
}

/** What of the database the engine has not made, or misses. */
export interface SchemaProblem {
  /** In words. */
  readonly problem: string;
  /** The tables themselves are others: what is read of them is anything. */
  readonly unreadable: boolean;
}

export function schemaProblem(db: DatabaseSync): SchemaProblem | undefined {
  const found = schemaOf(db);
  const own = ownSchema(checkVersion(db));
  const foreign = found.filter((object) => !own.includes(object));
  const missing = own.filter((object) => !found.includes(object));
  const [first] = [...foreign, ...missing];
  if (first === undefined) return undefined;
  return {
    problem:
      foreign.length > 0
        ? `its ${nameOf(first)} is not one that the engine makes`
        : `its ${nameOf(first)} is gone`,
    unreadable: missing.some((object) => nameOf(object).startsWith('table')),
  };
}

function nameOf(object: string): string {
  const { type, name } = JSON.parse(object) as { type: string; name: string };
  return `${type} ${JSON.stringify(name)}`;
}
