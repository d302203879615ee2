/**
 * `npm run soak -- [COUNT]`: many invocations of sound and hostile guests on one engine, then a look at what is left:
 * processes, descriptors, temporary files and memory have to be where they were.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine, type Engine } from '@skill-engine/engine';
import { buildGuest } from '../test/guests/build.ts';

const count = Number(process.argv[2] ?? 20_000);
const home = mkdtempSync(join(tmpdir(), 'skill-soak-'));

/** How often each is called, and how it has to end. */
const guests: readonly (readonly [name: string, share: number, ends: string])[] = [
  ['answer', 900, 'ok'],
  ['state-keeper', 900, 'ok'],
  ['trap', 60, 'GUEST_TRAP'],
  ['exit-in-tool', 60, 'TOOL_FAILED'],
  ['post-return-trap', 30, 'GUEST_TRAP'],
  ['deep-recursion', 20, 'STACK_OVERFLOW'],
  ['memory-grow', 20, 'ok'],
  ['print-flood', 4, 'OUTPUT_LIMIT'],
  ['loop-forever', 4, 'FUEL_EXHAUSTED'],
  ['sleep-forever', 2, 'TIMEOUT'],
];

function children(): number {
  const own = `${process.pid}`;
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1] === own;
    } catch {
      return false;
    }
  }).length;
}

interface Holdings {
  readonly children: number;
  readonly descriptors: number;
  readonly temporary: number;
  readonly residentMiB: number;
}

function holdings(): Holdings {
  return {
    children: children(),
    descriptors: readdirSync('/proc/self/fd').length,
    temporary: readdirSync(tmpdir()).length,
    residentMiB: Math.round(process.memoryUsage().rss / 2 ** 20),
  };
}

async function round(engine: Engine, calls: number): Promise<void> {
  const total = guests.reduce((sum, [, share]) => sum + share, 0);
  const list = guests.flatMap(([name, share, ends]) =>
    Array.from({ length: Math.max(1, Math.round((share / total) * calls)) }, () => ({
      name,
      ends,
    })),
  );
  // Sound and hostile ones beside each other, in the same order in every run.
  let state = 1;
  for (let last = list.length - 1; last > 0; last -= 1) {
    state = (state * 48_271) % 0x7fff_ffff;
    const other = state % (last + 1);
    [list[last], list[other]] = [list[other]!, list[last]!];
  }
  let next = 0;
  const worker = async () => {
    for (let call = list[next++]; call; call = list[next++]) {
      const { name, ends } = call;
      const result = await engine.execute(name, 'run', {}, { limits: { timeoutMs: 2000 } });
      const found = result.ok ? 'ok' : result.error.code;
      if (found !== ends) throw new Error(`${name}: ${found} instead of ${ends}`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

async function main(): Promise<void> {
  const before = holdings();
  {
    await using engine = await createEngine({ home });
    for (const [name] of guests) {
      const limits = name === 'loop-forever' ? { fuel: 1_000_000 } : {};
      await engine.load(await buildGuest(name), { limits });
    }
    await round(engine, count / 10);
    const warm = holdings();
    await round(engine, (count * 9) / 10);
    const late = holdings();
    console.log(`${count} invocations`);
    console.table({ before, warm, late });
    if (late.descriptors > warm.descriptors + 8) throw new Error('descriptors leak');
    if (late.children > warm.children + 4) throw new Error('processes leak');
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
  const after = holdings();
  console.table({ after });
  if (after.children > 0) throw new Error('processes are left behind');
  if (after.temporary > before.temporary) throw new Error('temporary files are left behind');
}

try {
  await main();
} finally {
  rmSync(home, { recursive: true, force: true });
}
