/** Where the files have what of which execution: enough to select, and to read only what was selected. */
import type { JsonObject } from '../schema/json.ts';
import { intentColumns, outcomeColumns } from './entry.ts';
import type { IntentColumns, OutcomeColumns } from './entry.ts';
import type { Summary } from './select.ts';

/** Of a line in a file, in bytes. */
export interface Place {
  /** Open as long as the place is in the index. */
  readonly file: { readonly descriptor: number };
  readonly start: number;
  readonly length: number;
}

export interface Indexed extends Summary {
  readonly begun: Place;
  outcome: OutcomeColumns | undefined;
  ended: Place | undefined;
  /** Of its outcome. */
  endedSeq: number | undefined;
}

export class LinesIndex {
  readonly #executions = new Map<string, Indexed>();
  /** Of every entry, in order. */
  #places: Place[] = [];
  #first = 1;
  /** Names repeat: one copy of each is kept. */
  readonly #names = new Map<string, string>();

  /** What a line says, once it counts. */
  add(seq: number, kind: string, body: string, place: Place): void {
    if (this.#places.length === 0) this.#first = seq;
    this.#places.push(place);
    if (kind !== 'intent' && kind !== 'outcome') return;
    const said = JSON.parse(body) as JsonObject;
    if (kind === 'intent') {
      const intent = this.#share(intentColumns(said));
      this.#executions.set(intent.executionId, {
        seq,
        intent,
        outcome: undefined,
        begun: place,
        ended: undefined,
        endedSeq: undefined,
      });
      return;
    }
    // Of an intent that retention removed, the outcome may be left.
    const execution = this.#executions.get(String(said['execution_id']));
    if (execution === undefined) return;
    execution.outcome = outcomeColumns(said);
    execution.ended = place;
    execution.endedSeq = seq;
  }

  get(executionId: string): Indexed | undefined {
    return this.#executions.get(executionId);
  }

  /** In the order in which they began. */
  all(): Indexed[] {
    return [...this.#executions.values()];
  }

  /** Ids without outcome. */
  open(): string[] {
    return this.all().flatMap(({ intent, outcome }) => (outcome ? [] : [intent.executionId]));
  }

  /** Of entries behind a number, oldest first. */
  placesAfter(seq: number, most: number): readonly Place[] {
    const from = Math.max(0, seq + 1 - this.#first);
    return this.#places.slice(from, from + most);
  }

  /** Retention removed all entries up to this one. */
  forget(through: number): void {
    for (const [id, { seq }] of this.#executions) {
      if (seq > through) break;
      this.#executions.delete(id);
    }
    this.#places = this.#places.slice(Math.max(0, through + 1 - this.#first));
    this.#first = Math.max(this.#first, through + 1);
  }

  #share(intent: IntentColumns): IntentColumns {
    const name = (text: string): string => {
      const known = this.#names.get(text);
      if (known === undefined) this.#names.set(text, text);
      return known ?? text;
    };
    const { skill, tool, user } = intent;
    return {
      ...intent,
      skill: name(skill),
      tool: name(tool),
      user: user === null ? null : name(user),
    };
  }
}
