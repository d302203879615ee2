/** The files of a store that is open, by their names: what is written to one that was moved away or removed is seen by nobody. */
import { lstatSync, type BigIntStats } from 'node:fs';
import { touched } from './open-check.ts';

/** `-wal` and `-shm` are there from the first write on, for as long as somebody has the store open. */
const ENDS = ['', '-wal', '-shm', '.head'];

export class FileGuard {
  readonly #file: string;
  readonly #known = new Map<string, BigIntStats>();

  constructor(file: string) {
    this.#file = file;
  }

  /**
   * By name only: to open and close a database would drop the locks that this process holds on it (fcntl(2)).
   *
   * @throws SkillError AUDIT_UNAVAILABLE when one is not the file that it was
   */
  check(): void {
    for (const end of ENDS) {
      const before = this.#known.get(end);
      const now = lstatSync(this.#file + end, { bigint: true, throwIfNoEntry: false });
      if (before === undefined) {
        if (now !== undefined) this.#known.set(end, now);
      } else if (now?.ino !== before.ino || now.dev !== before.dev) {
        throw touched(`${this.#file}${end} was removed, moved away or replaced`);
      }
    }
  }
}
