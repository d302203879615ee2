/** One call in a runtime that is no WebAssembly: its turn, its time, and nothing of a credential in what it says. */
import type { BrokerCredential } from './broker/credentials.ts';
import { redactStrings } from './broker/redact-run.ts';
import { Scrubber } from './broker/scrub.ts';
import { SkillError } from './errors.ts';
import { outputMessage, stopped } from './failures.ts';
import type { Limits } from './execution.ts';
import { SlotsFull } from './limits/slots.ts';
import { refusal, withoutGuest } from './outcome.ts';
import type { RunOutcome } from './run.ts';
import type { RuntimeOutcome } from './runtime.ts';
import { copyJson } from './schema/index.ts';
import type { JsonValue } from './schema/json.ts';
import type { SessionSkill } from './skill.ts';

/** How long a runtime may take to end what it was told to end, before its call is given up. */
const GRACE_MS = 10_000;

export interface SessionCall {
  readonly tool: string;
  readonly parameters: JsonValue;
  readonly executionId: string;
  /** Beside the skill's own: names and values of credentials. */
  readonly environment: readonly (readonly [string, string])[];
  readonly limits: Limits;
  /** Aborts when the caller cancels. */
  readonly signal: AbortSignal | undefined;
  /** Aborts when the engine closes. */
  readonly closing: AbortSignal;
  /** Values of credentials that are granted to the guest; overwritten when the call is over. */
  readonly credentials: readonly BrokerCredential[];
}

export async function runInSession(skill: SessionSkill, call: SessionCall): Promise<RunOutcome> {
  if (!skill.granted) return refusal(notGranted(skill));
  const { limits, signal, closing } = call;
  const cancelled = AbortSignal.any(signal ? [signal, closing] : [closing]);
  const why = () => (closing.aborted ? 'closed' : 'cancelled');
  if (!(await turn(skill, cancelled))) return refusal(stoppedError(why(), limits));
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), limits.timeoutMs);
  const ends = AbortSignal.any([cancelled, timeout.signal]);
  const scrubber = new Scrubber();
  try {
    for (const { value } of call.credentials) scrubber.add(value);
    const running = skill.session.run({
      executionId: call.executionId,
      tool: call.tool,
      parameters: call.parameters,
      environment: [...new Map([...skill.environment, ...call.environment])],
      filterEnvironment: skill.filterCallerEnvironment,
      limits,
      signal: ends,
    });
    const outcome = await settled(running, ends);
    const stop = timeout.signal.aborted ? 'timeout' : why();
    const answer = ends.aborted ? { error: stoppedError(stop, limits) } : undefined;
    const used = call.credentials.map(({ name }) => ({ name, host: null }));
    return redacted({ ...checked(outcome, limits, answer), credentialsUsed: used }, scrubber);
  } finally {
    clearTimeout(timer);
    scrubber.wipe();
    for (const { value } of call.credentials) value.fill(0);
    skill.slots.give();
  }
}

async function turn({ name, slots }: SessionSkill, signal: AbortSignal): Promise<boolean> {
  try {
    return await slots.take(signal);
  } catch (error) {
    if (!(error instanceof SlotsFull)) throw error;
    throw new SkillError(
      'CONCURRENCY_LIMIT',
      `Too many invocations of ${name} are waiting; try again later.`,
      { cause: error },
    );
  }
}

/** What the runtime says; nothing where it was told to end and does not. */
async function settled(
  running: Promise<RuntimeOutcome>,
  ends: AbortSignal,
): Promise<RuntimeOutcome | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const { promise: givenUp, resolve } = Promise.withResolvers<undefined>();
  const wait = (): void => {
    timer = setTimeout(() => resolve(undefined), GRACE_MS);
  };
  if (ends.aborted) wait();
  else ends.addEventListener('abort', wait, { once: true });
  const ended = running.catch((error: unknown) => {
    // What was told to end may say so in its own way.
    if (ends.aborted) return undefined;
    throw error;
  });
  try {
    return await Promise.race([ended, givenUp]);
  } finally {
    // The end of the engine comes by the same signal, and would begin to wait for a call that is over.
    ends.removeEventListener('abort', wait);
    clearTimeout(timer);
  }
}

function stoppedError(reason: 'timeout' | 'cancelled' | 'closed', limits: Limits): SkillError {
  return new SkillError(...stopped(reason, limits));
}

/** A runtime is the operator's own code, and still the engine's promises hold of what it gives back. */
function checked(
  outcome: RuntimeOutcome | undefined,
  limits: Limits,
  stop: { readonly error: SkillError } | undefined,
): RunOutcome {
  if (outcome === undefined) return withoutGuest(stop!);
  const { stdout, stderr, denials, memoryPeakBytes } = outcome;
  return {
    ...withoutGuest(stop ?? answerOf(outcome, limits)),
    stdout,
    stderr,
    denials,
    memoryPeakBytes,
  };
}

function answerOf(
  { answer, stdout, stderr }: RuntimeOutcome,
  limits: Limits,
): RunOutcome['answer'] {
  if (!('value' in answer)) return answer;
  const copied = copyJson(answer.value);
  if (!copied.ok) {
    const problem = `The tool returned something that is not acceptable JSON: ${copied.problem}`;
    return { error: new SkillError('RESULT_INVALID', problem) };
  }
  const bytes =
    Buffer.byteLength(JSON.stringify(copied.value)) + Buffer.byteLength(stdout + stderr);
  if (bytes > limits.outputBytes) {
    return { error: new SkillError('OUTPUT_LIMIT', outputMessage(limits)) };
  }
  return { value: copied.value };
}

function redacted(outcome: RunOutcome, scrubber: Scrubber): RunOutcome {
  if (scrubber.empty) return outcome;
  const { answer, stdout, stderr, denials } = outcome;
  return {
    ...outcome,
    answer:
      'error' in answer
        ? { error: redactedError(answer.error, scrubber) }
        : redactStrings(answer, scrubber),
    stdout: scrubber.redactText(stdout),
    stderr: scrubber.redactText(stderr),
    denials: redactStrings(denials, scrubber),
  };
}

function redactedError({ code, message, details }: SkillError, scrubber: Scrubber): SkillError {
  const rest = details === undefined ? {} : { details: redactStrings(details, scrubber) };
  return new SkillError(code, scrubber.redactText(message), rest);
}

function notGranted({ name, runtime }: SessionSkill): SkillError {
  const what = runtime === 'native' ? 'Running commands of this machine' : 'Running a container';
  return new SkillError(
    'CAPABILITY_DENIED',
    `${what} was not granted to ${name}. The operator grants it with what the manifest declares: skill run asks for it; engine.load takes { grant: 'declared' }.`,
    { details: { reason: 'runtime', runtime } },
  );
}
