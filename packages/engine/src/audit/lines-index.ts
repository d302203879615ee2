/** Where the file has what of which execution: enough to select, and to read only what was selected. */
import type { JsonObject } from '../schema/json.ts';
import { intentColumns, outcomeColumns } from './entry.ts';
import type { IntentColumns, OutcomeColumns } from './entry.ts';
import type { Summary } from './select.ts';

/** Of a line in the file, in bytes. */
export interface Place {
  readonly start: number;
  readonly length: number;
}

export interface Indexed extends Summary {
  readonly begun: Place;
  outcome: OutcomeColumns | undefined;
  ended: Place | undefined;
}

export class LinesIndex {
  readonly #executions = new Map<string, Indexed>();
  /** Names repeat: one copy of each is kept. */
  readonly #names = new Map<string, string>();

  /** What a line says, once it counts. */
  add(seq: number, kind: string, body: string, place: Place): void {
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
      });
      return;
    }
    const execution = this.#executions.get(String(said['execution_id']));
    if (execution === undefined) return;
    execution.outcome = outcomeColumns(said);
    execution.ended = place;
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
