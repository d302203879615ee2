/** Holds the table of executions against the record, or one could be hidden from queries, or counted falsely. */
import type { JsonObject, JsonValue } from '../schema/json.ts';
import { Broken } from './broken.ts';
import type { ExecutionRow } from './schema-executions.ts';

interface Entry {
  readonly seq: number;
  readonly execution_id: string | null;
}

export class RowCheck {
  readonly #rows: Iterator<ExecutionRow>;
  /** Of executions that have begun and not ended. */
  readonly #open = new Map<string, ExecutionRow>();
  #before: Pick<ExecutionRow, 'latest_ms' | 'late_ms'> | undefined;

  /** @param rows by their numbers, of the same moment as the entries */
  constructor(rows: Iterator<ExecutionRow>) {
    this.#rows = rows;
  }

  /** An intent, which the next row is of. */
  begin(entry: Entry, body: JsonObject): void {
    const { value: row, done } = this.#rows.next();
    if (done === true || row.seq > entry.seq) {
      throw new Broken('index', entry, 'the table of executions leaves it out');
    }
    if (row.seq < entry.seq) throw surplus(row);
    const timestamp = Date.parse(String(body['timestamp']));
    compare(entry, row, {
      execution_id: body['execution_id'],
      timestamp_ms: timestamp,
      ...this.#timesOf(row, timestamp),
      skill: body['skill_name'],
      tool: body['tool_name'],
      user: body['user'],
    });
    this.#open.set(row.execution_id, row);
  }

  /** An outcome; its intent was there. */
  end(entry: Entry, body: JsonObject): void {
    const row = this.#open.get(entry.execution_id ?? '');
    if (row === undefined) return;
    this.#open.delete(row.execution_id);
    const denials = body['denials'];
    compare(entry, row, {
      ended: entry.seq,
      status: body['status'],
      duration_ms: body['duration_ms'],
      fuel_used: body['fuel_used'],
      denials: Array.isArray(denials) ? denials.length : undefined,
    });
  }

  finish(last: number): void {
    const { value, done } = this.#rows.next();
    if (done !== true) throw surplus(value);
    const none = { ended: null, status: null, duration_ms: null, fuel_used: null, denials: null };
    for (const [id, row] of this.#open) compare({ seq: last + 1, execution_id: id }, row, none);
  }

  /** What came before the first row is not known where it was removed: it can then only be later, and have been late. */
  #timesOf({ latest_ms, late_ms }: ExecutionRow, timestamp: number): Record<string, number> {
    if (latest_ms === null || late_ms === null) return {};
    const before = this.#before ?? { latest_ms, late_ms };
    const latest = Math.max(timestamp, before.latest_ms ?? timestamp);
    this.#before = { latest_ms, late_ms };
    return { latest_ms: latest, late_ms: Math.max(latest - timestamp, before.late_ms ?? 0) };
  }
}

function surplus({ seq, execution_id }: ExecutionRow): Broken {
  const problem = 'the table of executions has a row of which the record has no intent';
  return new Broken('index', { seq, execution_id }, problem);
}

function compare(
  entry: Entry,
  row: ExecutionRow,
  expected: Readonly<Record<string, JsonValue | undefined>>,
): void {
  const columns = row as unknown as Readonly<Record<string, JsonValue>>;
  for (const [name, value] of Object.entries(expected)) {
    // A column is UTF-8 and cannot hold half a surrogate pair; the record can.
    const wanted = typeof value === 'string' ? value.toWellFormed() : value;
    if (columns[name] === wanted) continue;
    throw new Broken('index', entry, `its column ${name} does not say what the record says`);
  }
}
