/** Whose container it is: what a process that died left behind is told from what another one still uses. */
import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Labels of every container. */
export const labels = {
  /** The engine's process, see below. */
  owner: 'dev.skill-engine.owner',
  execution: 'dev.skill-engine.execution',
  skill: 'dev.skill-engine.skill',
  /** Milliseconds since 1970; after it no engine waits for the container any more. */
  deadline: 'dev.skill-engine.deadline',
} as const;

export const namePrefix = 'skill-engine-';

/** How long after its time limit a container can still belong to somebody. */
const graceMs = 120_000;

/** Processes of other places (machines, namespaces) cannot be looked at. */
const place =
  lookUp(
    () =>
      `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${readlinkSync('/proc/self/ns/pid')}`,
  ) ?? hostname();

/** Unique to this copy of the module: two threads of a process are two owners. */
const copy = randomUUID();

const self = `${place} ${process.pid} ${startOf(process.pid) ?? ''} ${copy}`;

/** Names of containers that calls of this process wait for. */
export const inUse = new Set<string>();

export function labelsOf(
  executionId: string,
  skill: string,
  timeoutMs: number,
): Record<string, string> {
  return {
    [labels.owner]: self,
    [labels.execution]: executionId,
    [labels.skill]: skill,
    [labels.deadline]: String(Date.now() + timeoutMs + graceMs),
  };
}

/**
 * Whether nobody waits for the container. The name has to fit too: labels also come from images, names do not.
 */
export function isLeft(name: string, found: Readonly<Record<string, unknown>>): boolean {
  const owner = found[labels.owner];
  const execution = found[labels.execution];
  if (typeof owner !== 'string' || typeof execution !== 'string') return false;
  if (name !== namePrefix + execution) return false;
  if (owner === self) return !inUse.has(name);
  const deadline = Number(found[labels.deadline]);
  if (Number.isFinite(deadline) && deadline < Date.now()) return true;
  const [where, pid, start] = owner.split(' ');
  return where === place && !isAlive(Number(pid), start ?? '');
}

function isAlive(pid: number, start: string): boolean {
  if (!Number.isSafeInteger(pid) || pid < 1) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // It is there, and another user's.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const now = startOf(pid);
  return now === undefined || start === '' || now === start;
}

/** When a process began, in the kernel's own units (Linux): its number alone may be another's by now. */
function startOf(pid: number): string | undefined {
  return lookUp(() => {
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return status.slice(status.lastIndexOf(')') + 2).split(' ')[19];
  });
}

function lookUp<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
