/** What the frames of `wire.ts` carry, as types. One definition for both ends. */

import type { WitFunction, WitTypes } from '../wit/types.ts';

/** How the glue's exports are called. */
export type ToolShape = 'native' | 'command' | 'flat' | 'typed';

/** The function behind a tool of a typed component. */
export interface TypedTarget {
  readonly tool: string;
  /** Key of the interface among the glue's exports; `null` for a function of the world. */
  readonly exportName: string | null;
  readonly functionName: string;
  readonly fn: WitFunction;
}

/** A function of an embedder's interface, as the glue calls it and as WIT names it. */
export interface InterfaceFunction {
  readonly name: string;
  readonly functionName: string;
  readonly fn: WitFunction;
}

/** An interface of the embedder that the component imports. */
export interface ImportedInterface {
  /** With its version, as the embedder offers it. */
  readonly name: string;
  /** Key under which the glue asks for it. */
  readonly key: string;
  readonly functions: readonly InterfaceFunction[];
}

/** What a component's own types say about its calls; from the engine's survey of it, never from generated code. */
export interface WitMessage {
  readonly types: WitTypes;
  readonly tools: readonly TypedTarget[];
  readonly interfaces: readonly ImportedInterface[];
}

/** supervisor → isolate, once: the code of the component. The blob is the glue, then the modules, in order. */
export interface LoadMessage {
  readonly shape: ToolShape;
  /** Key of the export that holds `invoke` and `listTools`, or `run`; empty where functions are the world's. */
  readonly exportName: string;
  /** Of typed components, and of those that import interfaces of the embedder. */
  readonly wit?: WitMessage;
  readonly glueBytes: number;
  readonly modules: readonly { readonly name: string; readonly bytes: number }[];
}

/** supervisor → isolate: one invocation. Everything that the guest may know, and nothing else. */
export interface InvokeMessage {
  readonly tool: string;
  /** JSON text of the validated parameters; the blob carries it. `list` asks for the tools instead. */
  readonly list: boolean;
  /** Of the flat world: the JSON text is its configuration, to be judged by `validate-config`. */
  readonly validate?: boolean;
  readonly arguments: readonly string[];
  readonly environment: readonly (readonly [string, string])[];
  /** Bytes of the blob that are standard input; they follow the parameters. */
  readonly stdinBytes: number;
  /** Configuration values by name, as `wasi:config/store` and `get-config` tell them. */
  readonly config?: readonly (readonly [string, string])[];
  /** 32 bytes as hex: the seed of all that the guest gets as random. */
  readonly seed: string;
  /** Readings that stand in for the machine's clocks. Default: the machine's. */
  readonly clock?: ClockReadings | undefined;
  /** Handle at the broker, and path, of each granted directory. */
  readonly preopens: readonly (readonly [number, string])[];
  readonly limits: InvokeLimits;
}

/** A clock that goes on only by being read, by `step`, and by waits, which it does not sleep through. */
export interface ClockReadings {
  /** First reading of the wall clock, in milliseconds since the Unix epoch. */
  readonly wallMilliseconds: number;
  /** First reading of the monotonic clock, in nanoseconds, decimal (a u64). */
  readonly monotonicNanoseconds: string;
  /** How far each reading moves both clocks, in nanoseconds, decimal; may be 0. */
  readonly stepNanoseconds: string;
}

export interface InvokeLimits {
  /** Fuel units, decimal (a u64). */
  readonly fuel: string;
  /** Bytes over all linear memories and tables. */
  readonly memory: number;
  /** Bytes of result, stdout and stderr together. */
  readonly output: number;
  /** Host calls. */
  readonly hostCalls: number;
}

/** isolate → supervisor: a question to the broker. The blob carries bytes to write. */
export interface RequestMessage {
  readonly op: string;
  readonly args: readonly unknown[];
}

/** supervisor → isolate: its answer. An `error` is a WASI error code. */
export type ReplyMessage = { readonly value: unknown } | { readonly error: string };

/** isolate → supervisor: the end of an invocation. The text of a value went before in `resultPart` frames. */
export interface ResultMessage {
  readonly outcome:
    | { readonly kind: 'value' }
    | { readonly kind: 'tool-error'; readonly error: ToolErrorMessage }
    | { readonly kind: 'exit'; readonly code: number }
    | { readonly kind: 'fault'; readonly fault: Fault; readonly message: string };
  readonly fuelUsed: string;
  readonly memoryPeakBytes: number;
  readonly hostCalls: number;
}

export interface ToolErrorMessage {
  readonly case: 'unknown-tool' | 'invalid-parameters' | 'failed';
  readonly code: string | null;
  readonly message: string;
  readonly details: string | null;
}

/** Why an invocation ended without the guest's own answer. */
export const faults = [
  'trap',
  'stack-overflow',
  'fuel-exhausted',
  'memory-limit',
  'output-limit',
  'host-call-limit',
  'handle-limit',
  'result-invalid',
  'interface-failed',
  'interface-denied',
  'internal',
] as const;

export type Fault = (typeof faults)[number];
