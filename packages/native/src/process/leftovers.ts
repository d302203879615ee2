/** What a command left running. */
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { executionMark } from '../environment.ts';

const passLimit = 200;

/** Signals the group that the command leads; whether somebody was there. */
export function signalGroup(leader: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-leader, signal);
    return true;
  } catch {
    return false;
  }
}

/**
 * Kills the command's group, and on Linux also what left it but kept the session or the mark in its environment. Looks
 * again until nothing is found: what is being killed may be starting others.
 */
export async function killLeftovers(leader: number, mark: string): Promise<void> {
  for (let pass = 0; pass < passLimit; pass += 1) {
    const signalled = signalGroup(leader, 'SIGKILL');
    const pids = await relatives(leader, mark);
    for (const pid of pids ?? []) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended.
      }
    }
    // A group of which only zombies are left can be signalled all the same.
    if (pids === undefined ? !signalled : pids.length === 0) return;
    await sleep(2);
  }
}

async function relatives(leader: number, mark: string): Promise<readonly number[] | undefined> {
  if (process.platform !== 'linux') return undefined;
  const entries = await readdir('/proc').catch(() => []);
  const pids = entries.filter((name) => /^\d+$/.test(name)).map(Number);
  const checked = await Promise.all(
    pids.map(async (pid) =>
      pid !== process.pid && (await isRelative(pid, leader, mark)) ? pid : 0,
    ),
  );
  return checked.filter((pid) => pid !== 0);
}

async function isRelative(pid: number, leader: number, mark: string): Promise<boolean> {
  try {
    const status = await readFile(`/proc/${pid}/stat`, 'latin1');
    // Behind the name, which may contain anything: state, parent, group, session.
    const [state, , group, session] = status.slice(status.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z' || state === 'X') return false;
    if (Number(group) === leader || Number(session) === leader) return true;
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1');
    return `\0${environment}`.includes(`\0${executionMark}=${mark}\0`);
  } catch {
    // It has ended, or belongs to somebody else.
    return false;
  }
}
