/** One call: a container is made, started, waited for and removed, whatever happens in between. */
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { SkillError, type RuntimeCall, type RuntimeOutcome } from '@skill-engine/engine';
import { failureOf, valueOf, type End } from './answer.ts';
import { DaemonError, type Daemon } from './daemon.ts';
import { number, record } from './fields.ts';
import { areUnchanged, type FoundMount } from './mounts.ts';
import { ContainerOutput } from './output.ts';
import { inUse, labelsOf, namePrefix } from './owner.ts';
import { removeAtEnd } from './remove.ts';
import { containerSpec, leastMemory, type ContainerPlan } from './spec.ts';

/** How long the output may take to end after the container did. */
const drainMs = 5_000;

export interface CallPlan extends ContainerPlan {
  readonly skill: string;
}

export async function runContainer(
  daemon: Daemon,
  plan: CallPlan,
  call: RuntimeCall,
  mounts: readonly FoundMount[],
): Promise<RuntimeOutcome> {
  if (call.limits.memoryBytes < leastMemory)
    return failed(tooLittleMemory(call.limits.memoryBytes));
  const name = namePrefix + call.executionId;
  inUse.add(name);
  const container = new Container(daemon, name, call);
  let outcome: RuntimeOutcome;
  try {
    outcome = await container.run(plan, mounts);
  } catch (error) {
    outcome = failed(failure(error, call), container.output);
  }
  container.disconnect();
  try {
    await removeAtEnd(daemon, name);
  } catch (error) {
    // It is still looked after: by the next call, and by its label when a skill is opened.
    if (!container.hasEnded) outcome = failed(leftRunning(name, error), container.output);
  } finally {
    inUse.delete(name);
  }
  return outcome;
}

class Container {
  readonly #daemon: Daemon;
  readonly #path: string;
  readonly #name: string;
  readonly #call: RuntimeCall;
  readonly #streams: Duplex[] = [];
  readonly #stop = new AbortController();
  output: ContainerOutput | undefined;
  hasEnded = false;

  constructor(daemon: Daemon, name: string, call: RuntimeCall) {
    this.#daemon = daemon;
    this.#name = name;
    this.#path = `/containers/${name}`;
    this.#call = call;
  }

  async run(plan: CallPlan, mounts: readonly FoundMount[]): Promise<RuntimeOutcome> {
    const { limits, signal, parameters, executionId } = this.#call;
    signal.throwIfAborted();
    // What makes or starts a container is not broken off: it might come to be after it was removed.
    await this.#daemon.post('/containers/create', {
      query: { name: this.#name },
      body: containerSpec(plan, {
        limits,
        mounts,
        environment: environmentOf(this.#call),
        labels: labelsOf(executionId, plan.skill, limits.timeoutMs),
      }),
    });
    signal.throwIfAborted();
    const output = new ContainerOutput(
      await this.#attach({ stdout: '1', stderr: '1' }),
      limits.outputBytes,
      () => this.#stop.abort(),
    );
    this.output = output;
    // A connection of its own, whose end cannot take unread output along.
    const input = await this.#attach({ stdin: '1' });
    signal.throwIfAborted();
    await this.#start();
    if (!(await areUnchanged(mounts))) {
      // It can be what nobody granted.
      this.output = undefined;
      throw moved();
    }
    input.end(`${JSON.stringify(parameters)}\n`);
    input.resume();
    const end = await this.#end(output);
    return end.exitCode === 0
      ? { ...facts(end), answer: { value: valueOf(end.stdout) }, stdout: '' }
      : { ...facts(end), answer: { error: failureOf(end, limits.memoryBytes) } };
  }

  disconnect(): void {
    for (const stream of this.#streams) stream.destroy();
  }

  async #attach(streams: Readonly<Record<string, string>>): Promise<Duplex> {
    const stream = await this.#daemon.attach(`${this.#path}/attach`, { stream: '1', ...streams });
    this.#streams.push(stream);
    return stream;
  }

  async #start(): Promise<void> {
    try {
      await this.#daemon.post(`${this.#path}/start`);
    } catch (error) {
      if (!(error instanceof DaemonError) || error.status === undefined) throw error;
      throw new SkillError('TOOL_FAILED', `The container did not start: ${error.message}`, {
        cause: error,
      });
    }
  }

  async #end(output: ContainerOutput): Promise<End> {
    const signal = AbortSignal.any([this.#call.signal, this.#stop.signal]);
    try {
      await this.#daemon.post(`${this.#path}/wait`, { timeoutMs: null, signal });
    } catch (error) {
      if (!output.overflowed) throw error;
    }
    if (output.overflowed) throw tooMuchOutput(this.#call.limits.outputBytes);
    const state = record(record(await this.#daemon.get(`${this.#path}/json`))['State']);
    if (state['Running'] !== false) throw new DaemonError('the container runs after it ended');
    const exitCode = number(state['ExitCode']);
    this.hasEnded = true;
    const isWhole = await Promise.race([output.ended, delay(drainMs, false, { ref: false })]);
    if (output.overflowed) throw tooMuchOutput(this.#call.limits.outputBytes);
    if (!isWhole) throw new DaemonError("the container's output broke off");
    const { stdout, stderr } = output;
    return { exitCode, outOfMemory: state['OOMKilled'] === true, stdout, stderr };
  }
}

function environmentOf(call: RuntimeCall): (readonly [string, string])[] {
  const given = call.environment.filter(
    ([name, value]) => /^[^=\0]+$/.test(name) && !value.includes('\0') && name !== 'SKILL_TOOL',
  );
  return [...given, ['SKILL_TOOL', call.tool]];
}

function facts({ stdout, stderr }: End): Omit<RuntimeOutcome, 'answer'> {
  return { stdout, stderr, denials: [], memoryPeakBytes: null };
}

function failed(error: SkillError, output?: ContainerOutput): RuntimeOutcome {
  const { stdout = '', stderr = '' } = output ?? {};
  return { answer: { error }, stdout, stderr, denials: [], memoryPeakBytes: null };
}

function failure(error: unknown, call: RuntimeCall): SkillError {
  if (error instanceof SkillError) return error;
  if (call.signal.aborted) return new SkillError('CANCELLED', 'The container was ended.');
  if (error instanceof DaemonError) return unavailable(error);
  return SkillError.from(error);
}

/** What the daemon did, or did not do, as an error of the table. */
export function unavailable(error: DaemonError): SkillError {
  return new SkillError(
    'ISOLATION_UNAVAILABLE',
    `The container engine did not do what it was asked: ${error.message.replace(/\.$/, '')}.`,
    { cause: error },
  );
}

function leftRunning(name: string, cause: unknown): SkillError {
  return new SkillError(
    'ISOLATION_UNAVAILABLE',
    `The container engine did not remove the container ${name}, which may still run. It is removed when a skill is next opened or called.`,
    { cause },
  );
}

function tooMuchOutput(limit: number): SkillError {
  return new SkillError(
    'OUTPUT_LIMIT',
    `The container printed more than ${limit} bytes and was ended.`,
    { details: { limit } },
  );
}

function tooLittleMemory(given: number): SkillError {
  return new SkillError(
    'MEMORY_LIMIT',
    `A container needs ${leastMemory} bytes of memory or more; this call has ${given}.`,
    { details: { limit: given } },
  );
}

function moved(): SkillError {
  return new SkillError(
    'CAPABILITY_DENIED',
    'A granted path came to lead elsewhere while the container was started, which was ended.',
  );
}
