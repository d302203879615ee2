/** A skill in containers, from its opening to its end. */
import { randomUUID } from 'node:crypto';
import {
  SkillError,
  type RuntimeCall,
  type RuntimeOutcome,
  type RuntimeSession,
  type RuntimeSkill,
  type RuntimeTool,
} from '@skill-engine/engine';
import { runContainer, unavailable, type CallPlan } from './call.ts';
import { checkSkill, checkVolumes } from './check.ts';
import { DaemonError, type Daemon } from './daemon.ts';
import { record } from './fields.ts';
import { findImage, type PullPolicy } from './image.ts';
import { checkMade, examineMachine, type Machine } from './machine.ts';
import { findMounts } from './mounts.ts';
import { inUse, labelsOf, namePrefix } from './owner.ts';
import { removeContainer, sweep } from './remove.ts';
import { connect } from './sockets.ts';
import { containerSpec, leastMemory } from './spec.ts';
import { containerUser } from './user.ts';

export interface SessionOptions {
  readonly sockets: readonly string[];
  readonly pull: PullPolicy;
  readonly requestTimeoutMs: number;
}

/** @throws SkillError for a skill, or a container engine, with which it does not run */
export async function openSession(
  skill: RuntimeSkill,
  options: SessionOptions,
): Promise<RuntimeSession> {
  const { manifest, effective, limits } = skill;
  if (manifest.runtime !== 'docker') {
    throw new SkillError(
      'RUNTIME_UNSUPPORTED',
      `Containers run skills with runtime = "docker"; this one has ${JSON.stringify(manifest.runtime)}.`,
    );
  }
  const user = containerUser(manifest.docker.user);
  checkSkill(manifest, effective);
  if (limits.memoryBytes < leastMemory) {
    throw new SkillError(
      'RUNTIME_UNSUPPORTED',
      `A container needs ${leastMemory} bytes of memory or more; resources.memory gives ${limits.memoryBytes}.`,
    );
  }
  try {
    const daemon = await connect(options.sockets, options.requestTimeoutMs);
    const machine = await examineMachine(daemon);
    await sweep(daemon);
    const { image, command, readOnly, capDrop } = manifest.docker;
    const { id, hasProgram, volumes } = await findImage(daemon, image, options.pull);
    checkVolumes(volumes, effective);
    if (command === undefined && !hasProgram) {
      throw new SkillError(
        'RUNTIME_UNSUPPORTED',
        `The image ${image} does not say what runs in it; the manifest has to, by command.`,
      );
    }
    const { cpu } = manifest.resources;
    const plan: CallPlan = {
      skill: manifest.name,
      image: id,
      command,
      user,
      readOnly,
      capDrop,
      // More than there are is refused by the daemon, and so is less than a hundredth.
      cpu: cpu === undefined ? undefined : Math.max(0.01, Math.min(cpu, machine.processors)),
      volumes,
    };
    await tryOut(daemon, plan, skill);
    return new DockerSession(daemon, machine, plan, skill);
  } catch (error) {
    throw error instanceof DaemonError ? unavailable(error) : SkillError.from(error);
  }
}

/** Makes a container and removes it, so that what the daemon does not take or keep is known before the first call. */
async function tryOut(daemon: Daemon, plan: CallPlan, { limits }: RuntimeSkill): Promise<void> {
  const execution = randomUUID();
  const name = namePrefix + execution;
  const labels = labelsOf(execution, plan.skill, limits.timeoutMs);
  const spec = containerSpec(plan, { limits, mounts: [], environment: [], labels });
  inUse.add(name);
  try {
    await daemon.post('/containers/create', { query: { name }, body: spec }).catch((error) => {
      throw plan.readOnly ? error : unbounded(error);
    });
    checkMade(record(await daemon.get(`/containers/${name}/json`)), spec);
  } finally {
    try {
      await removeContainer(daemon, name);
    } finally {
      inUse.delete(name);
    }
  }
}

function unbounded(error: unknown): unknown {
  if (!(error instanceof DaemonError) || error.status === undefined) return error;
  return new SkillError(
    'RUNTIME_UNSUPPORTED',
    `The container engine cannot bound what is written to a root that is not read-only: ${error.message.replace(/\.$/, '')}. ` +
      'Remove read_only = false; the skill may write to /tmp and to what it is granted.',
    { cause: error },
  );
}

class DockerSession implements RuntimeSession {
  readonly sha256: string;
  readonly tools: readonly RuntimeTool[];
  readonly layers: readonly string[];
  readonly #daemon: Daemon;
  readonly #machine: Machine;
  readonly #plan: CallPlan;
  readonly #skill: RuntimeSkill;

  constructor(daemon: Daemon, machine: Machine, plan: CallPlan, skill: RuntimeSkill) {
    this.sha256 = plan.image.slice('sha256:'.length);
    this.layers = machine.layers;
    this.tools = toolsOf(skill);
    this.#daemon = daemon;
    this.#machine = machine;
    this.#plan = plan;
    this.#skill = skill;
  }

  async run(call: RuntimeCall): Promise<RuntimeOutcome> {
    const { mounts, denials } = await findMounts(this.#skill.effective, this.#machine.places);
    if (denials.length > 0) {
      const paths = denials.map(({ resource, rule }) => `${resource} (${rule})`).join(', ');
      const error = new SkillError('CAPABILITY_DENIED', `It is not mounted: ${paths}.`);
      return { answer: { error }, stdout: '', stderr: '', denials, memoryPeakBytes: null };
    }
    return runContainer(this.#daemon, this.#plan, call, mounts);
  }

  async close(): Promise<void> {
    await sweep(this.#daemon).catch(() => {});
  }
}

function toolsOf({ manifest }: RuntimeSkill): readonly RuntimeTool[] {
  const schema = { type: 'object' };
  const names = manifest.tools.map(({ name }) => name);
  return (names.length === 0 ? ['run'] : names).map((name) => ({
    name,
    description: undefined,
    schema,
  }));
}
