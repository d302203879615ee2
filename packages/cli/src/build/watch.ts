/** Does something at once, and again whenever a file of a skill's folder changes, until the first signal. */
import { type FSWatcher, type WatchListener, watch } from 'node:fs';
import { resolve } from 'node:path';
import { SkillError } from '@skill-engine/engine';
import { type Shell, say, signalExits, type Signal } from '../shell.ts';

/** What builds themselves write, and what nobody edits. */
const ignored = new Set([
  'node_modules',
  'dist',
  'build',
  'target',
  '.git',
  '.venv',
  '__pycache__',
]);

/** How long changes are collected: editors write a file in several steps. */
const settleMs = 100;

/** Resolves with the signal's exit code. `action` must not reject. */
export async function watchSkill(
  folder: string,
  shell: Shell,
  action: (changed: readonly string[]) => Promise<void>,
): Promise<number> {
  const changes = new Changes();
  let ended: Signal | undefined;
  const unlisten = shell.onSignal((signal) => {
    ended = signal;
    changes.wake();
  });
  // Watching begins first, so that a change during the first build is not missed.
  const watcher = watchFolder(folder, (_event, name) => changes.add(name));
  watcher.on('error', (error) => changes.fail(error));
  try {
    await action([]);
    await say(shell, 'watching for changes; Ctrl-C ends');
    for (;;) {
      const changed = await changes.next();
      if (ended !== undefined) return signalExits[ended];
      if (changed.length > 0) await action(changed);
    }
  } finally {
    watcher.close();
    unlisten();
  }
}

function watchFolder(folder: string, onChange: WatchListener<string>): FSWatcher {
  try {
    return watch(resolve(folder), { recursive: true }, onChange);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SkillError('MANIFEST_NOT_FOUND', `${folder} cannot be watched: ${why}`, { cause });
  }
}

/** Changed paths, collected until somebody asks; those that come while one batch is worked on make one more. */
class Changes {
  #pending = new Set<string>();
  #wake = Promise.withResolvers<void>();
  #failure: unknown;

  add(name: string | null): void {
    if (name === null || name.split(/[\\/]/).some((part) => ignored.has(part))) return;
    this.#pending.add(name);
    this.wake();
  }

  wake(): void {
    this.#wake.resolve();
  }

  fail(error: unknown): void {
    this.#failure = error;
    this.wake();
  }

  async next(): Promise<readonly string[]> {
    await this.#wake.promise;
    if (this.#pending.size > 0) await new Promise((resolve) => setTimeout(resolve, settleMs));
    if (this.#failure !== undefined) throw SkillError.from(this.#failure, 'BUILD_FAILED');
    const changed = [...this.#pending];
    this.#pending = new Set();
    this.#wake = Promise.withResolvers();
    return changed;
  }
}
