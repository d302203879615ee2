/**
 * What files cost a guest, in one run and interleaved: the same component on the engine, on preview2-shim's own build
 * for Node (unmetered, in this process), and the same work by plain node:fs.
 *
 *     npm run bench -- filesystem [BLOCKS]
 *
 * The guest times each round by its own clock, so that what an invocation costs is not in it.
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine, MemoryAuditStore } from '@skill-engine/engine';
import { buildGuest } from './guest.ts';
import { plain } from './plain.ts';
import { openOnShim } from './shim.ts';

/** Rounds in one block of each task: a block is one invocation. */
const tasks = { open: 200, stream: 200, read: 10, write: 10, list: 1 } as const;
const titles = {
  open: 'open, read 4 KiB, close',
  stream: 'open, stream, read 4 KiB, close',
  read: 'read 1 MiB by 64 KiB',
  write: 'write 1 MiB by 64 KiB',
  list: 'list 10 000 entries',
} as const;

type Task = keyof typeof tasks;

export async function run(args: readonly string[]): Promise<void> {
  const blocks = Number(args[0] ?? 30);
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'skill-bench-')));
  try {
    const data = join(folder, 'data');
    fill(data);
    const component = join(folder, 'guest.wasm');
    writeFileSync(component, await buildGuest());
    writeFileSync(
      join(folder, 'skill.toml'),
      `[skill]\nname = "files"\ncomponent = "./guest.wasm"\n[skill.capabilities]\nfilesystem = ["write:${data}"]\n[skill.resources]\ndisk = "1000M"\n`,
    );
    await using engine = await createEngine({
      home: join(folder, 'home'),
      audit: new MemoryAuditStore(),
    });
    await engine.load(folder, { grant: 'declared' });
    const onEngine = async (task: Task, rounds: number): Promise<number[]> => {
      const result = await engine.execute('files', task, { rounds });
      if (!result.ok) throw result.error;
      return result.value as number[];
    };
    const onShim = await openOnShim(component, data);
    const rows = [];
    for (const task of Object.keys(tasks) as Task[]) {
      const times = { engine: [] as number[], shim: [] as number[], plain: [] as number[] };
      for (let block = -2; block < blocks; block += 1) {
        const rounds = tasks[task];
        const measured = [
          await onEngine(task, rounds),
          onShim(task, rounds),
          plain(task, rounds, data),
        ];
        if (block < 0) continue;
        times.engine.push(...measured[0]!);
        times.shim.push(...measured[1]!);
        times.plain.push(...measured[2]!);
      }
      rows.push(row(titles[task], times));
    }
    console.log(
      `Node ${process.versions.node}, ${process.platform} ${process.arch}, ${cpus().length} cores, ${blocks} blocks`,
    );
    console.table(rows);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function fill(data: string): void {
  mkdirSync(join(data, 'entries'), { recursive: true });
  writeFileSync(join(data, 'file'), Buffer.alloc(4096, 1));
  writeFileSync(join(data, 'large'), Buffer.alloc(1024 * 1024, 2));
  for (let index = 0; index < 10_000; index += 1)
    writeFileSync(join(data, 'entries', `entry-${index}.txt`), '');
}

function at(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)]!;
}

/** Medians, and the ratios also at the 10th percentile: what remains where other programs disturb the machine. */
function row(what: string, times: Record<'engine' | 'shim' | 'plain', readonly number[]>) {
  const micro = (nanoseconds: number) => (nanoseconds / 1000).toFixed(1);
  const ratio = (peer: readonly number[], share: number) =>
    (at(times.engine, share) / at(peer, share)).toFixed(2);
  return {
    what,
    'engine µs': micro(at(times.engine, 0.5)),
    'preview2-shim µs': micro(at(times.shim, 0.5)),
    'node:fs µs': micro(at(times.plain, 0.5)),
    'to preview2-shim': ratio(times.shim, 0.5),
    'at p10': ratio(times.shim, 0.1),
    'to node:fs': ratio(times.plain, 0.5),
    'at p10 ': ratio(times.plain, 0.1),
  };
}
