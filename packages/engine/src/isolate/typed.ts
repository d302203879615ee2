/** Calls a function of any WIT type with JSON, and says its result as JSON. The types come from the engine's own survey. */
import { jsonTarget } from '../host/json-target.ts';
import { HostFault, type HostSession } from '../host/session.ts';
import { argumentsFromJson } from '../wit/from-json.ts';
import { WitMismatch } from '../wit/mismatch.ts';
import { valueToJson } from '../wit/to-json.ts';
import type { WitTypes } from '../wit/types.ts';
import { ToolFailure } from './failure.ts';
import type { Functions } from './flat.ts';
import type { TypedTarget, WitMessage } from './messages.ts';

export class TypedCalls {
  readonly #types: WitTypes;
  readonly #targets: ReadonlyMap<string, TypedTarget>;

  constructor({ types, tools }: WitMessage) {
    this.#types = types;
    this.#targets = new Map(tools.map((target) => [target.tool, target]));
  }

  /** @returns the JSON text of the result; `null` for none */
  call(
    session: HostSession,
    exports: Readonly<Record<string, unknown>>,
    tool: string,
    parameters: string,
  ): string {
    const target = this.#targets.get(tool);
    if (!target) throw new ToolFailure('unknown-tool', tool);
    const holder = target.exportName === null ? exports : exports[target.exportName];
    const call = (holder as Functions)[target.functionName]!;
    const args = this.#arguments(target, parameters);
    let value: unknown;
    try {
      value = call(...args);
    } catch (thrown) {
      throw this.#failure(session, target, thrown);
    }
    // The glue takes the ok case out of a result that is returned.
    const type = this.#returned(target, 'ok');
    return type === null ? 'null' : this.#write(session, type, value);
  }

  #arguments({ fn }: TypedTarget, parameters: string): unknown[] {
    try {
      return argumentsFromJson(this.#types, fn, JSON.parse(parameters) as unknown);
    } catch (error) {
      if (error instanceof WitMismatch) throw new ToolFailure('invalid-parameters', error.message);
      throw error;
    }
  }

  #returned({ fn }: TypedTarget, arm: 'ok' | 'err'): number | null {
    if (fn.result === null) return null;
    const type = this.#types[fn.result]!;
    if (type.kind === 'result') return type[arm];
    return arm === 'ok' ? fn.result : null;
  }

  /** The err case, which the glue throws as the payload of an exception; anything else goes on as it is. */
  #failure(session: HostSession, target: TypedTarget, thrown: unknown): unknown {
    const isErr = target.fn.result !== null && this.#types[target.fn.result]!.kind === 'result';
    if (!isErr || !(thrown instanceof Error) || !Object.hasOwn(thrown, 'payload')) return thrown;
    const type = this.#returned(target, 'err');
    if (type === null) return new ToolFailure('failed', 'The function returned its error case.');
    const details = this.#write(session, type, (thrown as { payload?: unknown }).payload);
    return new ToolFailure('failed', messageOf(JSON.parse(details)), details);
  }

  #write(session: HostSession, type: number, value: unknown): string {
    try {
      return JSON.stringify(valueToJson(jsonTarget(session, this.#types), type, value));
    } catch (error) {
      if (error instanceof WitMismatch) {
        throw new HostFault('result-invalid', `The result is not of its type: ${error.message}.`);
      }
      throw error;
    }
  }
}

/** One line for an error of any type. */
function messageOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const { tag, val, message } = Object(value) as {
    tag?: unknown;
    val?: unknown;
    message?: unknown;
  };
  if (typeof message === 'string') return message;
  if (typeof tag !== 'string') return `The function returned an error: ${JSON.stringify(value)}`;
  return val === undefined ? tag : `${tag}: ${typeof val === 'string' ? val : JSON.stringify(val)}`;
}
