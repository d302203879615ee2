/** A component inside the isolate: compiled once, instantiated afresh for every invocation. */
import { Buffer } from 'node:buffer';
import { type FuelMeter, MeterStop } from '@skill-engine/metering';
import { harden } from './harden.ts';
import { ExitSignal, HostFault, type HostSession } from '../host/session.ts';
import { MESSAGE_LENGTH, ToolFailure } from './failure.ts';
import { executeFlatTool, type Functions, listFlatTools, validateFlatConfig } from './flat.ts';
import { TypedCalls } from './typed.ts';
import type {
  Fault,
  InvokeMessage,
  LoadMessage,
  ResultMessage,
  ToolErrorMessage,
  WitMessage,
} from './messages.ts';

type Instantiate = (
  getCoreModule: (name: string) => WebAssembly.Module,
  imports: Record<string, unknown>,
  instantiateCore: (
    module: WebAssembly.Module,
    imports?: Parameters<FuelMeter['instantiate']>[1],
  ) => ReturnType<FuelMeter['instantiate']>,
) => Readonly<Record<string, unknown>>;

type Run = ResultMessage & { readonly text: string | undefined };

export class LoadedComponent {
  readonly wit: WitMessage;
  readonly #shape: LoadMessage['shape'];
  readonly #exportName: string;
  readonly #typed: TypedCalls;
  readonly #instantiate: Instantiate;
  readonly #modules = new Map<string, WebAssembly.Module>();

  constructor(message: LoadMessage, blob: Uint8Array, evaluate: (source: string) => unknown) {
    this.#shape = message.shape;
    this.#exportName = message.exportName;
    this.wit = message.wit ?? { types: [], tools: [], interfaces: [] };
    this.#typed = new TypedCalls(this.wit);
    let at = message.glueBytes;
    const source = new TextDecoder().decode(blob.subarray(0, at));
    for (const { name, bytes } of message.modules) {
      this.#modules.set(
        name,
        Object.freeze(new WebAssembly.Module(new Uint8Array(blob.subarray(at, at + bytes)))),
      );
      at += bytes;
    }
    this.#instantiate = evaluate(source) as Instantiate;
    harden([this.#instantiate]);
  }

  run(
    session: HostSession,
    meter: FuelMeter,
    imports: Record<string, unknown>,
    message: InvokeMessage,
    parameters: string,
  ): Run {
    let text: string | undefined;
    let outcome: ResultMessage['outcome'];
    try {
      const exports = this.#instantiate(
        (name) => this.#module(name),
        imports,
        (module, given = {}) => meter.instantiate(module, given),
      );
      if (this.#shape === 'command') {
        (exports[this.#exportName] as Functions)['run']!();
        outcome = { kind: 'exit', code: 0 };
      } else {
        session.carry(parameters.length);
        text = this.#call(session, exports, message, parameters);
        session.carry(text.length);
        if (Buffer.byteLength(text) > session.outputLeft) session.outputExceeded();
        outcome = { kind: 'value' };
      }
      // A guest may have swallowed the exception of a limit; the limit stands.
      if (session.fault) throw session.fault;
      if (session.exit) throw session.exit;
      if (meter.exhausted) throw new MeterStop('FUEL_EXHAUSTED', 'swallowed by the guest');
    } catch (thrown) {
      text = undefined;
      outcome = judge(thrown, session, meter, this.#shape);
    }
    session.settle();
    return {
      text,
      outcome,
      fuelUsed: String(meter.fuelUsed),
      memoryPeakBytes: meter.memoryPeakBytes,
      hostCalls: session.hostCalls,
    };
  }

  #call(
    session: HostSession,
    exports: Readonly<Record<string, unknown>>,
    { tool, list, validate }: InvokeMessage,
    parameters: string,
  ): string {
    if (this.#shape === 'typed') return this.#typed.call(session, exports, tool, parameters);
    if (this.#shape === 'flat') {
      const functions = exports as Functions;
      if (validate === true) return validateFlatConfig(functions, parameters);
      return list ? listFlatTools(functions) : executeFlatTool(functions, tool, parameters);
    }
    const tools = exports[this.#exportName] as Functions;
    return list
      ? JSON.stringify(tools['listTools']!())
      : String(tools['invoke']!(tool, parameters));
  }

  #module(name: string): WebAssembly.Module {
    const module = this.#modules.get(name);
    if (!module)
      throw new HostFault('internal', 'the glue asks for a core module that was not loaded');
    return module;
  }
}

/** What ended the run. Limits come first: a guest may have wrapped or swallowed their exception. */
function judge(
  thrown: unknown,
  session: HostSession,
  meter: FuelMeter,
  shape: LoadMessage['shape'],
): ResultMessage['outcome'] {
  if (session.fault) return fault(session.fault.fault, session.fault.message);
  if (meter.exhausted) return fault('fuel-exhausted', 'the fuel is used up');
  if (meter.stackOverflowed) return fault('stack-overflow', 'the guest recursed too deeply');
  if (thrown instanceof MeterStop) {
    return thrown.code === 'MEMORY_EXCEEDED'
      ? fault('memory-limit', thrown.message)
      : fault('internal', thrown.message);
  }
  if (thrown instanceof HostFault) return fault(thrown.fault, thrown.message);
  if (thrown instanceof ToolFailure) return { kind: 'tool-error', error: thrown.error };
  if (session.exit) return { kind: 'exit', code: session.exit.code };
  if (thrown instanceof ExitSignal) return { kind: 'exit', code: thrown.code };
  if (thrown instanceof Error && Object.hasOwn(thrown, 'payload')) {
    if (shape === 'command') return { kind: 'exit', code: 1 };
    if (shape !== 'native') return fault('trap', 'the guest threw an exception');
    return { kind: 'tool-error', error: toolError((thrown as { payload?: unknown }).payload) };
  }
  if (thrown instanceof RangeError && thrown.message.includes('call stack')) {
    return fault('stack-overflow', 'the guest recursed too deeply');
  }
  // Out of memory looks like any trap; a refused growth right before it says what it was.
  if (meter.memoryDenied)
    return fault('memory-limit', 'a growth of memory was refused, and the guest trapped');
  return fault('trap', thrown instanceof Error ? thrown.message : 'the guest threw an exception');
}

function fault(kind: Fault, message: string): ResultMessage['outcome'] {
  return { kind: 'fault', fault: kind, message: message.slice(0, MESSAGE_LENGTH) };
}

/** The native world's `tool-error` variant as jco lifts it; a component may export another type under its name. */
function toolError(payload: unknown): ToolErrorMessage {
  const { tag, val } = Object(payload) as { tag?: unknown; val?: unknown };
  if (tag === 'unknown-tool' || tag === 'invalid-parameters') {
    return { case: tag, code: null, message: brief(val), details: null };
  }
  const failure = Object(val) as { code?: unknown; message?: unknown; details?: unknown };
  const optional = (value: unknown) => (value === undefined ? null : brief(value));
  return {
    case: 'failed',
    code: optional(failure.code),
    message: brief(failure.message ?? payload),
    details: optional(failure.details),
  };
}

function brief(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'no message');
  return text.slice(0, MESSAGE_LENGTH);
}
