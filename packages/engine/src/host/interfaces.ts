/** Interfaces of the embedder, as the glue imports them: arguments go out as JSON by their types, answers come back so. */
import type { ImportedInterface, InterfaceFunction, WitMessage } from '../isolate/messages.ts';
import { valueFromJson } from '../wit/from-json.ts';
import { valueToJson } from '../wit/to-json.ts';
import type { WitTypes } from '../wit/types.ts';
import { jsonTarget } from './json-target.ts';
import type { HostSession } from './session.ts';

/** The err case of a result, in the form that glue takes it from an exception. */
class ErrCase extends Error {
  readonly payload: unknown;
  constructor(payload: unknown) {
    super('err');
    this.payload = payload;
  }
}

/** What the embedder's side answers: see `interfaces/answer.ts`. */
interface Answer {
  readonly ok?: unknown;
  readonly err?: unknown;
  readonly failed?: string;
}

export function addInterfaces(
  imports: Record<string, unknown>,
  session: HostSession,
  { types, interfaces }: WitMessage,
): void {
  for (const offered of interfaces) {
    const functions = offered.functions.map(
      (fn) => [fn.functionName, callable(session, types, offered, fn)] as const,
    );
    Object.defineProperty(imports, offered.key, {
      value: Object.fromEntries(functions),
      enumerable: true,
    });
  }
}

function callable(
  session: HostSession,
  types: WitTypes,
  { name: interfaceName }: ImportedInterface,
  { name, fn }: InterfaceFunction,
): (...args: unknown[]) => unknown {
  return (...args) => {
    const target = jsonTarget(session, types, false);
    const given = fn.params.map(({ type }, index) => valueToJson(target, type, args[index]));
    const bytes = new TextEncoder().encode(JSON.stringify(given));
    const answer = ask(session, interfaceName, name, bytes);
    if (answer.failed !== undefined) session.fail('interface-failed', answer.failed);
    if (fn.result === null) return undefined;
    const type = types[fn.result]!;
    if (type.kind !== 'result') return valueFromJson(types, fn.result, answer.ok);
    const isErr = 'err' in answer;
    const held = isErr ? type.err : type.ok;
    const value =
      held === null ? undefined : valueFromJson(types, held, isErr ? answer.err : answer.ok);
    if (isErr) throw new ErrCase(value);
    return value;
  };
}

function ask(session: HostSession, interfaceName: string, name: string, bytes: Uint8Array): Answer {
  let answered: ReturnType<HostSession['ask']>;
  try {
    answered = session.ask('iface.call', [interfaceName, name], bytes);
  } catch (thrown) {
    if (typeof thrown !== 'string') throw thrown;
    return session.fail(
      thrown === 'access' ? 'interface-denied' : 'interface-failed',
      thrown === 'access'
        ? `The interface ${interfaceName} is not granted; the guest called ${name}, and was ended.`
        : `The call of ${interfaceName} ${name} was too large; arguments and answers may have 1 MiB of JSON.`,
    );
  }
  return JSON.parse(new TextDecoder().decode(answered.bytes)) as Answer;
}
