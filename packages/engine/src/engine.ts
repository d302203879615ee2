/**
 * The one way through: load → authorise → validate → record → run → record.
 * Every face of the product calls `execute`; refused calls travel the same road.
 */
import { openDiskAuditStore } from './audit/disk.ts';
import { newExecutionId } from './audit/record.ts';
import type { AuditStore } from './audit/store.ts';
import { admit, isolationOf } from './admit.ts';
import { Supervisor } from './broker/client.ts';
import type { BuiltInCall, BuiltInSkill } from './built-in.ts';
import { callerOf, userOf } from './caller.ts';
import { SkillError } from './errors.ts';
import type { CapabilityForm, EngineOptions, LoadOptions } from './engine-options.ts';
import type { ExecuteOptions, ExecutionResult, ToolInfo } from './execution.ts';
import { GuestRunner } from './guest-runner.ts';
import type { CandidateSkill } from './install/candidate.ts';
import type { InstalledSkill } from './install/installed.ts';
import { healthOf, type Health } from './health.ts';
import { narrow } from './limits/limits.ts';
import { MetricsCounter, type Metrics } from './metrics.ts';
import { findSkills, type SkillSource } from './load.ts';
import { readCapabilities } from './manifest/options.ts';
import type { CapabilityRestriction } from './manifest/types.ts';
import { openSkill } from './open-skill.ts';
import { refusal } from './outcome.ts';
import { stricter } from './isolate/level.ts';
import { checkCall, checkEngineOptions, checkLoadOptions } from './option-checks.ts';
import { statePlaces, type StatePlaces } from './places.ts';
import { plan } from './plan.ts';
import { type Offers, readOffers } from './interfaces/offer.ts';
import { Policy } from './policy/chain.ts';
import { judge } from './policy/judge.ts';
import { recallCalls } from './rate-history.ts';
import { Recording } from './recording.ts';
import type { RunOutcome } from './run.ts';
import type { JsonObject } from './schema/json.ts';
import { closeSkill, publicSkill, type LoadedSkill, type Skill } from './skill.ts';
import { Telemetry } from './telemetry.ts';

/**
 * Opens an engine.
 *
 * @throws SkillError AUDIT_UNAVAILABLE when the audit store cannot be opened; INVALID_OPTIONS for an option that there is not or that
 *   is not of its form
 */
export async function createEngine(options: EngineOptions = {}): Promise<Engine> {
  checkEngineOptions(options);
  stricter(options.isolation);
  const places = statePlaces(options.home);
  const offers = await readOffers(options.interfaces);
  const own = options.audit === undefined;
  const audit =
    options.audit ??
    (await openDiskAuditStore({
      path: options.auditKind === 'jsonl' ? places.auditLinesFile : places.auditFile,
      kind: options.auditKind ?? 'sqlite',
      durability: options.durability,
      retention: options.auditRetention,
    }));
  try {
    return new Engine(options, places, audit, own, offers);
  } catch (error) {
    if (own) await audit.close();
    throw error;
  }
}

function ceilingsOf(ceiling: EngineOptions['ceiling']): readonly CapabilityRestriction[] {
  if (ceiling === undefined) return [];
  const all = Array.isArray(ceiling) ? (ceiling as readonly CapabilityForm[]) : [ceiling];
  return all.map((one) => readCapabilities(one, 'ceiling'));
}

/**
 * Skills that are loaded, and the one way to run their tools. Made by {@link createEngine}; close it, or bind it with
 * `await using`.
 */
export class Engine implements AsyncDisposable {
  /** Where invocations are recorded, to be queried. */
  readonly audit: AuditStore;
  readonly #options: EngineOptions;
  readonly #offers: Offers;
  readonly #ceilings: readonly CapabilityRestriction[];
  readonly #places: StatePlaces;
  readonly #ownsAudit: boolean;
  readonly #supervisor = new Supervisor();
  readonly #skills = new Map<string, LoadedSkill>();
  readonly #running = new Set<Promise<unknown>>();
  readonly #guests: GuestRunner;
  readonly #policy: Policy;
  readonly #closing = new AbortController();
  readonly #metrics = new MetricsCounter();
  readonly #telemetry: Telemetry;
  #closed: Promise<void> | undefined;

  /** @internal Use {@link createEngine}. */
  constructor(
    options: EngineOptions,
    places: StatePlaces,
    audit: AuditStore,
    ownsAudit: boolean,
    offers: Offers,
  ) {
    this.#options = options;
    this.#offers = offers;
    this.#ceilings = ceilingsOf(options.ceiling);
    this.#policy = new Policy(options.hooks, options.onAsk);
    this.#telemetry = new Telemetry(options.telemetry, () => this.health());
    this.#guests = new GuestRunner(options, offers, places, this.#closing.signal);
    this.#places = places;
    this.audit = audit;
    this.#ownsAudit = ownsAudit;
  }

  /**
   * Loads the skills that `path` means: a folder with `skill.toml` or `skills.toml`, a manifest file, or a
   * component file; or one that `findInstalled` found, with what was approved. A skill of the same name that was loaded
   * before is replaced.
   *
   * @throws SkillError CAPABILITY_DENIED for an installed skill that this operator has not approved;
   *   SKILL_QUARANTINED, TRUST_TOO_LOW, SIGNATURE_REQUIRED; any code of the classes "manifest" and "component", SKILL_NOT_FOUND for `only`;
   *   nothing is loaded then
   */
  async load(
    skill: string | InstalledSkill | CandidateSkill,
    options: LoadOptions = {},
  ): Promise<readonly Skill[]> {
    this.#assertOpen();
    checkLoadOptions(options);
    const { granted, trust } = await admit(skill, options, this.#options.trust, this.#places);
    const isolation = isolationOf(trust, this.#options.isolation, options.isolation);
    const loaded: LoadedSkill[] = [];
    try {
      const sources =
        typeof skill === 'string' ? await findSkills(skill, options.manifest) : [skill.source];
      for (const source of chosen(sources, options)) {
        loaded.push(
          await openSkill({
            source,
            granted,
            ceilings: this.#ceilings,
            limits: options.limits,
            places: this.#places,
            environment: this.#options.environment ?? process.env,
            config: options.config,
            offers: this.#offers,
            missingInterfaces: options.missingInterfaces,
            supervisor: this.#supervisor,
            trust,
            isolation,
            files: this.#options.substitutes?.files,
            substituted: this.#options.substitutes !== undefined,
            runtimes: this.#options.runtimes ?? [],
          }),
        );
      }
      for (const each of loaded) await recallCalls(this.audit, each);
      this.#assertOpen();
    } catch (error) {
      await Promise.allSettled(loaded.map(closeSkill));
      // What fails because everything is being closed says so.
      this.#assertOpen();
      throw error;
    }
    for (const each of loaded) {
      const replaced = this.#skills.get(each.name);
      this.#skills.set(each.name, each);
      if (replaced) void this.#retire(replaced);
    }
    return loaded.map(publicSkill);
  }

  /** What runs of a replaced skill goes on to its end. */
  async #retire(skill: LoadedSkill): Promise<void> {
    await Promise.allSettled(skill.running);
    await closeSkill(skill).catch(() => undefined);
  }

  /** All tools of all loaded skills. */
  tools(): readonly ToolInfo[] {
    return [...this.#skills.values()].flatMap((skill) => skill.tools);
  }

  /** What was called since the engine was opened, by tool. */
  metrics(): Metrics {
    return this.#metrics.read();
  }

  /** Whether what was called lately works, by skill. */
  health(): Health {
    return healthOf([...this.#skills.keys()], this.#metrics.read().tools);
  }

  /**
   * Runs one tool in a fresh sandbox. It resolves for every failure of the guest, the call or a limit; the
   * outcome is durable in the audit store by then.
   *
   * @throws SkillError ENGINE_CLOSED, INVALID_OPTIONS (a wrong use of the engine itself)
   */
  execute(
    skill: string,
    tool: string,
    parameters: unknown = {},
    options: ExecuteOptions = {},
  ): Promise<ExecutionResult> {
    return this.#track(this.#skills.get(skill), { skill, tool, parameters, options });
  }

  /** @internal The same way for a tool that the engine answers itself. */
  executeBuiltIn(
    skill: BuiltInSkill,
    tool: string,
    parameters: unknown,
    options: ExecuteOptions,
  ): Promise<ExecutionResult> {
    return this.#track(skill, { skill: skill.name, tool, parameters, options });
  }

  /** @internal A call that the invocation `parent` leads to; its record and the hooks see that. */
  executeWithin(
    parent: string,
    skill: string,
    tool: string,
    parameters: unknown,
    options: ExecuteOptions,
  ): Promise<ExecutionResult> {
    return this.#track(this.#skills.get(skill), { skill, tool, parameters, options, parent });
  }

  /** @internal The loaded skill of that name. */
  loaded(name: string): Skill | undefined {
    return this.#skills.get(name);
  }

  #track(found: LoadedSkill | BuiltInSkill | undefined, call: Call): Promise<ExecutionResult> {
    const own = found && 'running' in found ? found.running : undefined;
    const { skill, tool } = call;
    const known = found?.toolTable.has(tool) ? { skill, version: found.version, tool } : undefined;
    const observe = this.#telemetry.begin(known);
    const running = this.#execute(found, call);
    this.#running.add(running);
    own?.add(running);
    const forget = () => {
      this.#running.delete(running);
      own?.delete(running);
    };
    running.then(
      (result) => {
        forget();
        this.#metrics.count(known, result);
        observe(result);
      },
      (error: unknown) => {
        forget();
        observe(SkillError.from(error));
      },
    );
    return running;
  }

  async #execute(
    skill: LoadedSkill | BuiltInSkill | undefined,
    { skill: skillName, tool: toolName, parameters, options, parent }: Call,
  ): Promise<ExecutionResult> {
    this.#assertOpen();
    checkCall(skillName, toolName, options);
    const started = performance.now();
    const planned = plan({
      skill,
      skillName,
      toolName,
      parameters,
      now: started,
      loaded: [...this.#skills.keys()],
    });
    const limits = 'tool' in planned ? narrow(planned.tool.limits, options.limits) : undefined;
    const executionId = newExecutionId();
    const user = userOf(options);
    const facts = {
      executionId,
      skill,
      skillName,
      toolName,
      user,
      caller: {
        ...callerOf(options),
        ...(parent === undefined ? {} : { 'engine:parent': parent }),
      },
      timestamp: new Date().toISOString(),
      started,
    };
    const { judged, after } = await judge(this.#policy, planned, {
      ...facts,
      signals: [this.#closing.signal, ...(options.signal ? [options.signal] : [])],
      digest: (value) => this.audit.digest(value),
    });
    const recording = new Recording(this.audit, facts, judged, after);
    if ('error' in judged) return recording.refuse(judged.error);
    const failed = await recording.begin();
    if (failed) return failed;
    const outcome =
      'answer' in judged.skill
        ? await this.#answer(judged.skill, {
            tool: toolName,
            parameters: judged.parameters as JsonObject,
            executionId,
            options,
          })
        : await this.#guests.run(
            { ...judged, skill: judged.skill },
            { limits: limits!, signal: options.signal, executionId, user },
          );
    return recording.conclude(outcome);
  }

  async #answer(skill: BuiltInSkill, call: BuiltInCall): Promise<RunOutcome> {
    try {
      return await skill.answer(call);
    } catch (error) {
      return refusal(SkillError.from(error));
    }
  }

  /** Ends running invocations (their results say `CANCELLED`), writes their outcomes, frees everything. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #end(): Promise<void> {
    this.#closing.abort();
    await this.#supervisor.close();
    await Promise.allSettled(this.#running);
    const sessions = [...this.#skills.values()].filter(({ runtime }) => runtime !== 'wasm');
    await Promise.allSettled(sessions.map(closeSkill));
    await this.#guests.close();
    this.#telemetry.close();
    if (this.#ownsAudit) await this.audit.close();
  }

  #assertOpen(): void {
    if (this.#closed) throw new SkillError('ENGINE_CLOSED', 'The engine is closed.');
  }
}

interface Call {
  readonly skill: string;
  readonly tool: string;
  readonly parameters: unknown;
  readonly options: ExecuteOptions;
  /** The invocation that leads to this one. */
  readonly parent?: string;
}

function chosen(sources: readonly SkillSource[], { only }: LoadOptions): readonly SkillSource[] {
  const found = sources.filter(({ manifest }) => only === undefined || manifest.name === only);
  if (found.length > 0) return found;
  const known = sources.map(({ manifest }) => manifest.name).join(', ');
  throw new SkillError(
    'SKILL_NOT_FOUND',
    `There is no skill ${JSON.stringify(only)} in the manifest; it has: ${known}.`,
  );
}
