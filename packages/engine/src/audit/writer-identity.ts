import { readFileSync, readlinkSync } from 'node:fs';
import type { JsonObject } from '../schema/json.ts';

/**
 * Which process wrote an intent. A process id alone is reused, so it is held together with the time at
 * which the process started and the boot of the machine; the pid namespace says whether we can judge at all.
 * Fields that the platform does not offer are null.
 */
export interface WriterIdentity extends JsonObject {
  readonly pid: number;
  /** Field 22 of `/proc/PID/stat` (see proc(5)): clock ticks after boot. */
  readonly started: string | null;
  readonly boot: string | null;
  readonly namespace: string | null;
}

export function ownIdentity(): WriterIdentity {
  return {
    pid: process.pid,
    started: startTime(process.pid),
    boot: attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    namespace: attempt(() => readlinkSync('/proc/self/ns/pid')),
  };
}

/**
 * True only when the writer is certainly gone. A process in another pid namespace (a container that shares
 * the store) cannot be seen from here and counts as alive.
 */
export function isDead(writer: WriterIdentity, own: WriterIdentity): boolean {
  if (writer.boot !== own.boot) return true;
  if (writer.namespace !== own.namespace) return false;
  if (writer.started !== null) return startTime(writer.pid) !== writer.started;
  return !processExists(writer.pid);
}

/** Null when there is no such process, it is a zombie, or the platform has no `/proc`. */
function startTime(pid: number): string | null {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  if (stat === null) return null;
  // The second field is the command's name in brackets and may itself hold brackets and spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  if (state === 'Z' || state === 'X') return null;
  return fields[19] ?? null;
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
