/** Runs the guests of judged calls: with the credentials that were granted, and the interfaces that are offered. */
import { lendCredentials, openVault } from './credentials/lend.ts';
import type { CredentialStore } from './credentials/store.ts';
import type { EngineOptions } from './engine-options.ts';
import { SkillError } from './errors.ts';
import type { Limits } from './execution.ts';
import { InterfaceCalls } from './interfaces/calls.ts';
import type { InterfaceCall } from './interfaces/host-interface.ts';
import type { Offers } from './interfaces/offer.ts';
import { refusal } from './outcome.ts';
import type { StatePlaces } from './places.ts';
import { requestOf } from './plan.ts';
import { runGuest, type RunOutcome } from './run.ts';
import { runInSession } from './run-session.ts';
import type { JsonValue } from './schema/json.ts';
import type { LoadedSkill, Tool } from './skill.ts';

/** A call that may run, with validated parameters. */
export interface JudgedCall {
  readonly skill: LoadedSkill;
  readonly tool: Tool;
  readonly parameters: JsonValue;
}

export interface GuestCall extends Pick<InterfaceCall, 'executionId' | 'user'> {
  readonly limits: Limits;
  readonly signal: AbortSignal | undefined;
}

export class GuestRunner {
  readonly #options: EngineOptions;
  readonly #offers: Offers;
  readonly #places: StatePlaces;
  readonly #closing: AbortSignal;
  #ownCredentials: CredentialStore | undefined;

  /** @param closing aborts when the engine closes */
  constructor(options: EngineOptions, offers: Offers, places: StatePlaces, closing: AbortSignal) {
    this.#options = options;
    this.#offers = offers;
    this.#places = places;
    this.#closing = closing;
  }

  /** Never rejects: whatever fails is the outcome. */
  async run(
    { skill, tool, parameters }: JudgedCall,
    { limits, signal, executionId, user }: GuestCall,
  ): Promise<RunOutcome> {
    const caller = { executionId, user, skill: skill.name, tool: tool.name };
    const calls = new InterfaceCalls(this.#offers, caller);
    try {
      const { credentials } = skill.effective;
      const lent =
        credentials.length === 0
          ? undefined
          : await lendCredentials(this.#credentials(), skill.name, credentials);
      if (skill.runtime !== 'wasm') {
        return await runInSession(skill, {
          executionId,
          tool: tool.name,
          parameters,
          environment: lent?.forGuest ?? [],
          credentials: lent?.forBroker ?? [],
          limits,
          signal,
          closing: this.#closing,
        });
      }
      const request = requestOf(skill, parameters);
      const outcome = await runGuest(skill.supervisor, skill.pool, {
        ...request,
        environment: [...new Map([...request.environment, ...(lent?.forGuest ?? [])])],
        config: [...new Map([...skill.config, ...(lent?.forGuest ?? [])])],
        tool: tool.name,
        limits,
        authority: skill.effective,
        trust: { ca: this.#options.tls?.ca ?? [] },
        substitutes: this.#options.substitutes,
        credentials: lent?.forBroker,
        onCall: calls.answer,
        signal,
      });
      return calls.explained(outcome);
    } catch (error) {
      return calls.explained(refusal(SkillError.from(error)));
    } finally {
      calls.end();
    }
  }

  #credentials(): CredentialStore {
    if (this.#options.credentials) return this.#options.credentials;
    this.#ownCredentials ??= openVault(this.#places.credentialsFile);
    return this.#ownCredentials;
  }

  /** Frees what it opened itself. */
  async close(): Promise<void> {
    await this.#ownCredentials?.close();
  }
}
