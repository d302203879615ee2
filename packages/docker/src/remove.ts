/** Containers go whatever happens, and what is left by engines that died goes when a skill is opened. */
import { setTimeout as delay } from 'node:timers/promises';
import { DaemonError, type Daemon } from './daemon.ts';
import { list, record, text } from './fields.ts';
import { isLeft, labels } from './owner.ts';

const tries = 3;

/**
 * Ends and removes a container with its anonymous volumes; resolves when it is gone.
 *
 * @throws DaemonError where the daemon does not do it
 */
export async function removeContainer(daemon: Daemon, name: string): Promise<void> {
  const path = `/containers/${name}`;
  for (let attempt = 1; ; attempt++) {
    // Podman's removal first asks the container to end, and waits.
    await daemon.post(`${path}/kill`, { query: { signal: 'KILL' } }).catch(() => {});
    try {
      await daemon.delete(path, { query: { force: 'true', v: 'true' } });
      return;
    } catch (error) {
      const status = error instanceof DaemonError ? error.status : undefined;
      if (status === 404) return;
      if (attempt === tries || status === undefined) throw error;
      await delay(100 * attempt);
    }
  }
}

/** Containers that stayed when their calls ended. */
const owed = new Set<{ readonly daemon: Daemon; readonly name: string }>();

/** As {@link removeContainer}; one that stays is tried again when another is removed. */
export async function removeAtEnd(daemon: Daemon, name: string): Promise<void> {
  try {
    await removeContainer(daemon, name);
  } catch (error) {
    owed.add({ daemon, name });
    throw error;
  }
  for (const other of owed) {
    owed.delete(other);
    // Nobody waits for it: a daemon that hangs here would hold up call after call.
    removeAtEnd(other.daemon, other.name).catch(() => {});
  }
}

/** Removes what nobody waits for. What cannot be removed now is tried again when the next skill is opened. */
export async function sweep(daemon: Daemon): Promise<void> {
  const filters = JSON.stringify({ label: [labels.owner] });
  const found = list(
    (await daemon.get('/containers/json', { query: { all: 'true', filters } })) ?? [],
  );
  for (const each of found) {
    const container = record(each);
    // One that is just being removed can have no name any more.
    const [first] = list(container['Names'] ?? []);
    if (first === undefined) continue;
    const name = text(first).replace(/^\//, '');
    if (!isLeft(name, record(container['Labels']))) continue;
    try {
      await removeContainer(daemon, name);
    } catch (error) {
      // One that is not answered is not asked again and again.
      if (!(error instanceof DaemonError) || error.status === undefined) return;
    }
  }
}
