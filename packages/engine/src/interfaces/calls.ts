/** The calls of one invocation: who asks, and until when. */
import type { HostCall } from '../broker/messages.ts';
import { SkillError } from '../errors.ts';
import type { InterfaceUse } from '../execution.ts';
import type { RunOutcome } from '../run.ts';
import { answerCall } from './answer.ts';
import { findOffer } from './find.ts';
import type { InterfaceCall } from './host-interface.ts';
import type { Offers } from './offer.ts';

export class InterfaceCalls {
  readonly #offers: Offers;
  readonly #caller: Omit<InterfaceCall, 'signal'>;
  readonly #controller = new AbortController();
  /** By interface and function; only those that are offered, so the embedder bounds their number. */
  readonly #used = new Map<string, InterfaceUse>();
  #cause: unknown;

  constructor(offers: Offers, caller: Omit<InterfaceCall, 'signal'>) {
    this.#offers = offers;
    this.#caller = caller;
  }

  readonly answer = async (request: HostCall): Promise<Uint8Array> => {
    this.#count(request);
    const call = Object.freeze({ ...this.#caller, signal: this.#controller.signal });
    const { bytes, cause } = await answerCall(this.#offers, request, call);
    this.#cause = cause;
    return bytes;
  };

  #count({ interface: name, function: fn }: HostCall): void {
    if (findOffer(this.#offers, name)?.functions.has(fn) !== true) return;
    const key = `${name} ${fn}`;
    const count = (this.#used.get(key)?.count ?? 0) + 1;
    this.#used.set(key, { interface: name, function: fn, count });
  }

  /** What was called; and for the embedder what its own function threw; the guest and the record have only been told that it did. */
  explained(run: RunOutcome): RunOutcome {
    const outcome = { ...run, interfaceCalls: [...this.#used.values()] };
    const { answer } = outcome;
    if (!('error' in answer) || this.#cause === undefined) return outcome;
    if (answer.error.code !== 'HOST_INTERFACE_FAILED') return outcome;
    const { code, message } = answer.error;
    const error = new SkillError(code, message, { cause: this.#cause });
    return { ...outcome, answer: { error } };
  }

  /** Whatever still runs for the invocation is told that nobody waits. */
  end(): void {
    this.#controller.abort();
  }
}
