/** What is asked of a JSON-lines store, answered from the index and the lines that it points to. */
import { setImmediate } from 'node:timers/promises';
import type { ChainEntry } from './export-format.ts';
import { checkFilter } from './filter.ts';
import type { Indexed, LinesIndex, Place } from './lines-index.ts';
import { readPlace } from './lines-read.ts';
import { MOST_CANDIDATES, pickOne, type Stored, toPage } from './page.ts';
import type { AuditRecord } from './record.ts';
import { matches, statsRow } from './select.ts';
import { addUp, type AuditStats } from './stats.ts';
import type { AuditFilter, AuditPage } from './store.ts';
import { unavailable } from './unavailable.ts';

export abstract class LinesQueries {
  /** Reads under way: files are closed after them. */
  readonly #reading = new Set<Promise<unknown>>();

  /** With all that is known now. @throws SkillError ENGINE_CLOSED, AUDIT_UNAVAILABLE */
  protected abstract index(): Promise<LinesIndex>;

  async query(filter: AuditFilter = {}): Promise<AuditPage> {
    const selection = checkFilter(filter);
    const index = await this.index();
    const found = index.all().filter((execution) => matches(execution, selection));
    if (selection.order === 'newest') found.reverse();
    return toPage(await this.#stored(found.slice(0, selection.limit + 1)), selection.limit);
  }

  async stats(filter: AuditFilter = {}): Promise<AuditStats> {
    const selection = { ...checkFilter(filter), before: undefined };
    const all = (await this.index()).all();
    return addUp(all.filter((execution) => matches(execution, selection)).map(statsRow));
  }

  async get(executionId: string): Promise<AuditRecord | undefined> {
    const index = await this.index();
    const exact = index.get(executionId);
    const found = exact
      ? [exact]
      : index.all().filter(({ intent }) => intent.executionId.startsWith(executionId));
    return pickOne(executionId, await this.#stored(found.reverse().slice(0, MOST_CANDIDATES)));
  }

  async entries(after: number, most = 1000): Promise<readonly ChainEntry[]> {
    const places = (await this.index()).placesAfter(after, Math.min(Math.max(1, most), 10_000));
    return this.#whole(places, async (place) => {
      const { seq, kind, execution_id, body, hash } = await readPlace(place);
      return { seq, kind, execution_id, body, hash: hash.toString('hex') };
    });
  }

  /** All reads that are under way, and those whose places are looked up already. */
  protected async settleReads(): Promise<void> {
    await setImmediate();
    await Promise.allSettled(this.#reading);
  }

  #stored(found: readonly Indexed[]): Promise<Stored[]> {
    const body = async (place: Place): Promise<string> => (await readPlace(place)).body;
    return this.#whole(found, async ({ seq, begun, ended }) => ({
      seq,
      intent: await body(begun),
      outcome: ended === undefined ? null : await body(ended),
    }));
  }

  async #whole<T, R>(found: readonly T[], read: (one: T) => Promise<R>): Promise<R[]> {
    const reading = Promise.all(found.map((one) => read(one)));
    this.#reading.add(reading);
    try {
      return await reading;
    } catch (error) {
      throw unavailable('read', error);
    } finally {
      this.#reading.delete(reading);
    }
  }
}
