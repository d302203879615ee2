/** What a policy hook is: the operator's or embedder's code around every invocation. */
import type { EffectiveAuthority } from '../authority/types.ts';
import type { FilesWritten } from '../broker/filesystem-written.ts';
import type { ErrorCode } from '../errors.ts';
import type { JsonObject, JsonValue } from '../schema/json.ts';

/** A call whose parameters fit the tool's schema. A copy for each hook: changing it changes nothing. */
export interface HookCall {
  /** Names the invocation's audit record. */
  readonly executionId: string;
  /** Name of the skill. */
  readonly skill: string;
  /** What runs it; `built-in` for tools that the engine answers itself. */
  readonly runtime: 'wasm' | 'docker' | 'native' | 'built-in';
  /** Version of the skill. */
  readonly version: string;
  /** Name of the tool. */
  readonly tool: string;
  /** What the tool would get; unredacted, after the rewrites of earlier hooks. */
  readonly parameters: JsonValue;
  /** Who asks, as the caller said; `null` if it named none. */
  readonly user: string | null;
  readonly caller: JsonObject;
  /** What the guest may do. */
  readonly effective: Omit<EffectiveAuthority, 'explain'>;
  /** Aborts when the hook is late, when the caller gives up (in `before`), and when the engine closes. */
  readonly signal: AbortSignal;
}

/** What a hook's `before` decides on a call. */
export type Decision =
  | { readonly decision: 'allow' }
  | {
      readonly decision: 'deny';
      /** For the caller and the record: 1 to 500 characters. */
      readonly reason: string;
      /** Milliseconds after which a call may succeed. */
      readonly retryAfterMs?: number;
    }
  /** Goes to `onAsk`; without one it denies. */
  | { readonly decision: 'ask'; readonly question: string }
  /** Validated like the caller's own; then the next hook sees them. */
  | { readonly decision: 'rewrite'; readonly parameters: unknown };

/** How the invocation ended, as the caller would see it. A copy. */
export interface HookResult {
  /** Whether the tool gave a value. */
  readonly ok: boolean;
  readonly value?: JsonValue;
  /** Why it did not. */
  readonly error?: { readonly code: ErrorCode; readonly message: string };
  /** What the guest wrote; raw text. */
  readonly stdout: string;
  /** What the guest wrote; raw text. */
  readonly stderr: string;
  /** Milliseconds from the call to its end. */
  readonly durationMs: number;
  readonly filesWritten: FilesWritten;
}

/** What a hook's `after` decides on a result; nothing at all means `keep`. */
export type AfterDecision =
  | { readonly decision: 'keep' }
  /**
   * Replaces what is named. `value` needs a call that succeeded, `message` (of the error, whose details then go)
   * one that failed. Of a command, `value` holds its output too.
   */
  | {
      readonly decision: 'redact';
      readonly value?: unknown;
      readonly message?: string;
      readonly stdout?: string;
      readonly stderr?: string;
    }
  /** The caller gets `POLICY_DENIED` instead of the result; what the guest did is done. */
  | { readonly decision: 'withhold'; readonly reason: string };

/** One rule of the operator's policy, run by the engine around every invocation. */
export interface Hook {
  /** Unique among the engine's hooks: 1 to 64 of `a–z 0–9 -`. */
  readonly name: string;
  /** In order of the list, before the guest starts. Throwing, being late, or answering anything else denies. */
  readonly before?: (call: HookCall) => Decision | Promise<Decision>;
  /**
   * In reverse order, once for each hook whose `before` was started (or that has none and whose turn came),
   * whatever became of the call, so that it can release what `before` took. Throwing, being late, or answering
   * anything but nothing or a decision withholds the result.
   */
  readonly after?: (
    call: HookCall,
    result: HookResult,
  ) => AfterDecision | undefined | void | Promise<AfterDecision | undefined | void>;
  /** For `before` and `after` each, asking not counted. Default 5000, at most 600 000. */
  readonly timeoutMs?: number;
}

/** What `onAsk` is asked. */
export interface AskRequest {
  /** Name of the hook that asks. */
  readonly hook: string;
  /** From the hook; escape it before it reaches a terminal. */
  readonly question: string;
  readonly call: HookCall;
}

/** Asks the operator, never the caller. Only `true` allows. */
export type OnAsk = (request: AskRequest) => boolean | Promise<boolean>;
