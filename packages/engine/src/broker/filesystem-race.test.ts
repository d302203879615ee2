/**
 * Races: another thread of the host renames without pause while a guest opens, creates, lists, writes and
 * removes. Not one step may land outside the grant, or on what is forbidden.
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
import type { Descriptor } from '../host/filesystem.ts';
import { isFilesystemErrorCode } from './wasi-error.ts';

/** At least so many of each, at the same time. */
const EXCHANGES = 30_000;
const ROUNDS = 1500;

/** Takes turns between the forms of a name: what is there goes to `name.N`, what is at `name.(N+1)` comes. */
const swapper = `
  const { renameSync } = require('node:fs');
  const { name, forms, counter } = require('node:worker_threads').workerData;
  for (let turn = 0; Atomics.load(counter, 1) === 0; turn += 1) {
    renameSync(name, name + '.' + (turn % forms));
    renameSync(name + '.' + ((turn + 1) % forms), name);
    Atomics.store(counter, 0, turn + 1);
  }
`;

/** Runs the attempts round by round against the swapper; whatever fails must fail with a code. */
async function whileSwapping(
  name: string,
  forms: number,
  attempts: (round: number) => readonly (() => unknown)[],
): Promise<void> {
  const counter = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(swapper, { eval: true, workerData: { name, forms, counter } });
  const ended = new Promise<void>((resolve, reject) => {
    worker.once('exit', () => resolve());
    worker.once('error', reject);
  });
  try {
    for (let round = 0; round < ROUNDS || Atomics.load(counter, 0) < EXCHANGES; round += 1) {
      const thrown = attempts(round)
        .map((attempt) => thrownBy(attempt))
        .filter((one) => one !== undefined);
      expect(thrown.filter((one) => !isFilesystemErrorCode(String(one)))).toEqual([]);
      if (round % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    Atomics.store(counter, 1, 1);
    await ended;
  }
}

const limits = { directoryEntries: 1e9, diskBytes: 1e9 };
const now = { tag: 'now' } as const;

function openDirectory(directory: Descriptor, path: string): Descriptor {
  return directory.openAt({ symlinkFollow: true }, path, { directory: true }, {});
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
    const { preopens, denials, broker } = tree.open({ write: ['data'] }, { limits });
    const data = preopens.get(tree.path('data'))!;
    const seen = new Set<unknown>();
    await whileSwapping(tree.path('data/d'), 4, (round) => [
      () => seen.add(readText(data, 'd/f')),
      () => {
        using directory = openDirectory(data, 'd');
        writeText(directory, 'held', 'x');
        seen.add(list(directory).includes('g'));
      },
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
      () => data.unlinkFileAt(`d/soft${round % 8}`),
      () => data.setTimesAt({}, 'd/g', now, now),
      () => seen.add(data.statAt({ symlinkFollow: true }, 'd/g').type),
    ]);
    expect([...seen].toSorted()).toEqual([false, 'inside']);
    expect(denials.length).toBeGreaterThan(0);
    expect(broker.limitsHit.size).toBe(0);
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
    tree.files({ 'data/f': 'inside', 'data/f.3': 'FORBIDDEN', 'data/hidden/key': 'FORBIDDEN' });
    tree.files({ secret: 'OUTSIDE' });
    symlinkSync('../secret', tree.path('data/f.1'));
    execFileSync('mkfifo', [tree.path('data/f.2')]);
    symlinkSync('hidden/key', tree.path('data/f.4'));
    const forbidden = ['data/hidden', 'data/f.3'];
    const { preopens, broker } = tree.open({ write: ['data'], forbidden }, { limits });
    const data = preopens.get(tree.path('data'))!;
    const seen = new Set<unknown>();
    const follow = { symlinkFollow: true };
    await whileSwapping(tree.path('data/f'), 5, (round) => [
      () => seen.add(readText(data, 'f', round % 2 === 0)),
      () => data.openAt(follow, 'f', {}, { write: true })[Symbol.dispose](),
      () => data.openAt(follow, 'f', { create: true }, { read: true })[Symbol.dispose](),
      () => data.linkAt({}, 'f', data, `stolen${round}`),
      () => seen.add(readText(data, `stolen${round}`)),
    ]);
    expect([...seen]).not.toContain('OUTSIDE');
    expect([...seen]).not.toContain('FORBIDDEN');
    expect(broker.limitsHit.size).toBe(0);
    expect(readFileSync(tree.path('secret'), 'utf8')).toBe('OUTSIDE');
  },
);
