/**
 * Metrics and traces of invocations, for OpenTelemetry. Only names that manifests and components define, closed codes,
 * digests and numbers leave through here: never a parameter, value, user, caller, error text, resource of a denial, or
 * a name that a caller made up.
 */
import type { ExecutionResult } from './execution.ts';
import { SkillError } from './errors.ts';
import type { Health } from './health.ts';
import { statusOf } from './outcome.ts';

/** Attributes of points and spans. */
export type TelemetryAttributes = Record<string, string | number>;

/** How an instrument of OpenTelemetry is described. */
export interface InstrumentOptions {
  /** For people. */
  readonly description: string;
  /** In the notation of UCUM, such as `ms` or `By`. */
  readonly unit: string;
}

/** What the engine uses of `Meter` of `@opentelemetry/api`. */
export interface TelemetryMeter {
  /** A counter that only grows. */
  createCounter(
    name: string,
    options: InstrumentOptions,
  ): { add(value: number, attributes: TelemetryAttributes): void };
  /** A distribution of values. */
  createHistogram(
    name: string,
    options: InstrumentOptions,
  ): { record(value: number, attributes: TelemetryAttributes): void };
  /** Default: the health of skills is not exported. */
  createObservableGauge?(name: string, options: InstrumentOptions): TelemetryGauge;
}

/** A gauge whose values are asked for when they are exported. */
export interface TelemetryGauge {
  /** It is called at each export from now on. */
  addCallback(callback: TelemetryCallback): void;
  /** It is called no more. */
  removeCallback(callback: TelemetryCallback): void;
}

/** Observes the values of now. */
export type TelemetryCallback = (result: {
  observe(value: number, attributes: TelemetryAttributes): void;
}) => void;

/** What the engine uses of `Span` of `@opentelemetry/api`. */
export interface TelemetrySpan {
  /** Adds to what the span has. */
  setAttributes(attributes: TelemetryAttributes): unknown;
  /** `code` is a number of OpenTelemetry: 1 is OK, 2 is ERROR. */
  setStatus(status: { readonly code: number }): unknown;
  /** The span lasted until now. */
  end(): void;
}

/** What the engine uses of `Tracer` of `@opentelemetry/api`. */
export interface TelemetryTracer {
  /** The span begins now, below the active one if there is one. */
  startSpan(name: string, options: { readonly attributes: TelemetryAttributes }): TelemetrySpan;
}

/** Where metrics and traces go. Any `Meter` and `Tracer` of `@opentelemetry/api` fits; whatever they throw is ignored. */
export interface TelemetryOptions {
  /** Default: no metrics. */
  readonly meter?: TelemetryMeter;
  /** Default: no traces. */
  readonly tracer?: TelemetryTracer;
}

/** What is known of the call: absent where there is no such skill or tool, so that a caller's invention is never sent. */
export interface Called {
  readonly skill: string;
  readonly version: string;
  readonly tool: string;
}

const OK = 1;
const ERROR = 2;

export class Telemetry {
  readonly #tracer: TelemetryTracer | undefined;
  readonly #executions;
  readonly #duration;
  readonly #fuel;
  readonly #denials;
  readonly #degraded;
  readonly #observeHealth: TelemetryCallback;

  constructor(options: TelemetryOptions = {}, health: () => Health) {
    const meter = attempt(() => options.meter);
    this.#tracer = attempt(() => options.tracer);
    const counter = (name: string, unit: string, description: string) =>
      attempt(() => meter?.createCounter(name, { unit, description }));
    const histogram = (name: string, unit: string, description: string) =>
      attempt(() => meter?.createHistogram(name, { unit, description }));
    this.#executions = counter('skill_engine.executions', '{execution}', 'Invocations of tools');
    this.#duration = histogram('skill_engine.execution.duration', 'ms', 'Time of invocations');
    this.#fuel = histogram('skill_engine.execution.fuel', '{fuel}', 'Fuel that guests used');
    this.#denials = counter('skill_engine.denials', '{denial}', 'Accesses that were refused');
    this.#degraded = attempt(() =>
      meter?.createObservableGauge?.('skill_engine.skill.degraded', {
        unit: '1',
        description: '1 for a loaded skill that fails more than it works, else 0',
      }),
    );
    this.#observeHealth = (result) => {
      for (const { skill, status } of health().skills) {
        const attributes = { 'skill_engine.skill': skill };
        attempt(() => result.observe(status === 'degraded' ? 1 : 0, attributes));
      }
    };
    attempt(() => this.#degraded?.addCallback(this.#observeHealth));
  }

  /** What the exporter asks for later says nothing of an engine that is closed. */
  close(): void {
    attempt(() => this.#degraded?.removeCallback(this.#observeHealth));
  }

  /** Begins a span in whatever context is active now. What it returns is called once, with the result or what was thrown. */
  begin(called: Called | undefined): (ended: ExecutionResult | Error) => void {
    const span = attempt(() =>
      this.#tracer?.startSpan('skill_engine.execute', { attributes: namesOf(called) }),
    );
    return (ended) => {
      if (!(ended instanceof Error)) this.#measure(called, ended);
      attempt(() => span?.setAttributes(attributesOf(ended)));
      attempt(() => span?.setStatus({ code: !(ended instanceof Error) && ended.ok ? OK : ERROR }));
      attempt(() => span?.end());
    };
  }

  #measure(called: Called | undefined, result: ExecutionResult): void {
    const names = toolOf(called);
    const labels = { ...names, 'skill_engine.status': statusOf(result) };
    attempt(() => this.#executions?.add(1, { ...labels, ...codeOf(result.error) }));
    attempt(() => this.#duration?.record(result.durationMs, labels));
    const { fuelUsed } = result;
    if (fuelUsed !== null) attempt(() => this.#fuel?.record(fuelUsed, labels));
    for (const { code, count } of result.denials) {
      attempt(() => this.#denials?.add(count, { ...names, 'skill_engine.denial': code }));
    }
  }
}

function toolOf(called: Called | undefined): TelemetryAttributes {
  if (called === undefined) return {};
  return { 'skill_engine.skill': called.skill, 'skill_engine.tool': called.tool };
}

function namesOf(called: Called | undefined): TelemetryAttributes {
  const version = called && { 'skill_engine.skill.version': called.version };
  return { ...toolOf(called), ...version };
}

function attributesOf(ended: ExecutionResult | Error): TelemetryAttributes {
  if (ended instanceof Error) return codeOf(ended);
  const { executionId, fuelUsed, memoryPeakBytes, denials } = ended;
  return {
    'skill_engine.execution_id': executionId,
    'skill_engine.status': statusOf(ended),
    'skill_engine.denials': denials.reduce((sum, { count }) => sum + count, 0),
    ...(fuelUsed === null ? {} : { 'skill_engine.fuel': fuelUsed }),
    ...(memoryPeakBytes === null ? {} : { 'skill_engine.memory_peak_bytes': memoryPeakBytes }),
    ...codeOf(ended.error),
  };
}

/** Of the closed table. */
function codeOf(error: Error | undefined): TelemetryAttributes {
  return error === undefined ? {} : { 'error.type': SkillError.from(error).code };
}

/** An observer that fails, at once or later, takes nothing down with it. */
function attempt<T>(work: () => T): T | undefined {
  try {
    const result: unknown = work();
    if (result instanceof Promise) result.catch(() => undefined);
    return result as T;
  } catch {
    return undefined;
  }
}
