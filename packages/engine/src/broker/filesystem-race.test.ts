/**
 * Races: another thread of the host renames and links without pause while a guest opens, creates, lists,
 * writes and removes. Not one step may land outside the grant.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import {
  list,
  readText,
  scratch,
  thrownBy,
  writeText,
} from '../../../../test/support/filesystem.ts';
import { isFilesystemErrorCode } from './wasi-error.ts';

/** At least so many of each, at the same time. */
const EXCHANGES = 30_000;
const ROUNDS = 1500;

/** Takes turns between names: what is at `name` goes to `name.N`, what is at `name.(N+1)` comes. */
const swapper = `
  const { renameSync } = require('node:fs');
  const { workerData } = require('node:worker_threads');
  const { names, forms, counter } = workerData;
  for (let turn = 0; Atomics.load(counter, 1) === 0; turn += 1) {
    for (const name of names) {
      renameSync(name, name + '.' + (turn % forms));
      renameSync(name + '.' + ((turn + 1) % forms), name);
    }
    Atomics.store(counter, 0, turn + 1);
  }
`;

async function whileSwapping(
  names: readonly string[],
  forms: number,
  attack: (round: number) => void,
): Promise<void> {
  const counter = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(swapper, {
    eval: true,
    workerData: { names, forms, counter },
  });
  const ended = new Promise<void>((resolve, reject) => {
    worker.once('exit', () => resolve());
    worker.once('error', reject);
  });
  try {
    for (let round = 0; round < ROUNDS || Atomics.load(counter, 0) < EXCHANGES; round += 1) {
      attack(round);
      if (round % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    Atomics.store(counter, 1, 1);
    await ended;
  }
}

test.runIf(process.platform === 'linux')(
  'a directory that turns into a link and back',
  async () => {
    using tree = scratch();
    tree.files({
      'data/d/f': 'inside',
      'data/mine': 'mine',
      'outside/f': 'OUTSIDE',
      'outside/g': 'OUTSIDE',
    });
    symlinkSync('../outside', tree.path('data/d.1'));
    mkdirSync(tree.path('data/d.2'));
    symlinkSync(tree.path('outside'), tree.path('data/d.3'));
    const { preopens, broker, denials } = tree.open(
      { write: ['data'] },
      { limits: { directoryEntries: 1e9, diskBytes: 1e9 } },
    );
    const data = preopens.get(tree.path('data'))!;
    const seen = new Map<unknown, number>();
    const note = (what: unknown): void => void seen.set(what, (seen.get(what) ?? 0) + 1);
    await whileSwapping([tree.path('data/d')], 4, (round) => {
      const attempts = [
        () => note(readText(data, 'd/f')),
        () =>
          note(
            list(data.openAt({ symlinkFollow: true }, 'd', { directory: true }, {})).includes('g'),
          ),
        () => writeText(data, `d/made${round % 8}`, 'x'),
        () => data.unlinkFileAt(`d/made${round % 8}`),
        () => data.unlinkFileAt('d/g'),
        () => data.createDirectoryAt(`d/dir${round % 8}`),
        () => data.removeDirectoryAt(`d/dir${round % 8}`),
        () => data.linkAt({}, 'mine', data, `d/link${round % 8}`),
        () => data.renameAt(`d/link${round % 8}`, data, 'd/moved'),
        () => data.linkAt({}, 'd/g', data, `stolen${round}`),
        () => data.renameAt('d/g', data, `taken${round}`),
        () => data.symlinkAt('../mine', `d/soft${round % 8}`),
        () => data.setTimesAt({}, 'd/g', { tag: 'now' }, { tag: 'now' }),
        () => note(data.statAt({ symlinkFollow: true }, 'd/g').type),
      ];
      for (const attempt of attempts) {
        const thrown = thrownBy(attempt);
        if (thrown !== undefined)
          expect(isFilesystemErrorCode(String(thrown)), String(thrown)).toBe(true);
      }
      broker.call('fs.drop', [[]], new Uint8Array(0));
    });
    expect([...seen.keys()].toSorted()).toEqual([false, 'inside']);
    expect(denials.length).toBeGreaterThan(0);
    expect(readdirSync(tree.path('outside')).toSorted()).toEqual(['f', 'g']);
    expect(readFileSync(tree.path('outside/g'), 'utf8')).toBe('OUTSIDE');
    expect(readdirSync(tree.path('data')).filter((name) => /^(stolen|taken)/.test(name))).toEqual(
      [],
    );
  },
);

test.runIf(process.platform === 'linux')(
  'a file that turns into a link, a FIFO and a forbidden file',
  async () => {
    using tree = scratch();
    tree.files({ 'data/f': 'inside', secret: 'OUTSIDE', 'data/hidden/key': 'FORBIDDEN' });
    tree.files({ 'data/f.3': 'FORBIDDEN' });
    symlinkSync('../secret', tree.path('data/f.1'));
    execFileSync('mkfifo', [tree.path('data/f.2')]);
    symlinkSync('hidden/key', tree.path('data/f.4'));
    const { preopens } = tree.open(
      { write: ['data'], forbidden: ['data/hidden', 'data/f.3'] },
      { limits: { directoryEntries: 1e9, diskBytes: 1e9 } },
    );
    const data = preopens.get(tree.path('data'))!;
    const seen = new Set<string>();
    await whileSwapping([tree.path('data/f')], 5, (round) => {
      const attempts = [
        () => seen.add(readText(data, 'f', round % 2 === 0)),
        () => data.openAt({ symlinkFollow: true }, 'f', {}, { write: true })[Symbol.dispose](),
        () =>
          data
            .openAt({ symlinkFollow: true }, 'f', { create: true }, { read: true, write: true })
            [Symbol.dispose](),
      ];
      for (const attempt of attempts) {
        const thrown = thrownBy(attempt);
        if (thrown !== undefined)
          expect(isFilesystemErrorCode(String(thrown)), String(thrown)).toBe(true);
      }
    });
    expect(seen).not.toContain('OUTSIDE');
    expect(seen).not.toContain('FORBIDDEN');
    expect(readFileSync(tree.path('secret'), 'utf8')).toBe('OUTSIDE');
  },
);
