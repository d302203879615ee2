/**
 * What the walls around an isolate cost: from the start of its process until it is ready for a component, and from
 * its forced end until it is reaped. All combinations take turns, so that noise hits all alike.
 */
import { cpus } from 'node:os';
import { launch } from '../../packages/engine/src/isolate/launch.ts';
import type { IsolateChild } from '../../packages/engine/src/isolate/process.ts';
import { startThread } from '../../packages/engine/src/isolate/thread.ts';
import { variants } from '../../test/escape/layer-variants.ts';

const ROUNDS = 60;
const MEMORY_BYTES = 64 * 1024 * 1024;

interface Times {
  readonly start: number[];
  readonly end: number[];
}

function middle(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]!;
}

/** The first bytes on the wire say that it is ready. */
async function measure(start: () => IsolateChild, into: Times): Promise<void> {
  const begun = performance.now();
  const child = start();
  child.on('error', () => {});
  const wire = child.stdio![3] as NodeJS.ReadableStream;
  await new Promise((resolve) => wire.once('data', resolve));
  const ready = performance.now();
  into.start.push(ready - begun);
  const closed = new Promise((resolve) => child.on('close', resolve));
  child.kill('SIGKILL');
  await closed;
  into.end.push(performance.now() - ready);
}

/** `-- ROUNDS` changes how often each is started. */
export async function run([rounds = String(ROUNDS)]: readonly string[]): Promise<void> {
  const starts = new Map<string, () => IsolateChild>([['thread', startThread]]);
  const limits = variants.get('prlimit')!.layers;
  for (const [name, { title, layers, missing }] of variants) {
    if (missing) console.log(`left out: ${title}`);
    else if (name === 'nothing')
      starts.set('Node with flags, no layer', () => launch(MEMORY_BYTES, layers));
    else if (name === 'prlimit') starts.set('prlimit', () => launch(MEMORY_BYTES, layers));
    else {
      starts.set(`prlimit, ${name}`, () => launch(MEMORY_BYTES, { ...limits, ...layers }));
      if (layers.sandbox?.kind === 'bubblewrap' && layers.nobody && layers.sandbox.userNamespace) {
        const sandbox = { ...layers.sandbox, seccomp: true };
        const all = { ...limits, ...layers, sandbox };
        starts.set('all: prlimit, bubblewrap, filter, nobody', () => launch(MEMORY_BYTES, all));
      }
    }
  }
  const times = new Map([...starts.keys()].map((name) => [name, { start: [], end: [] } as Times]));
  for (let round = 0; round < Number(rounds) + 3; round += 1) {
    for (const [name, start] of starts) await measure(start, times.get(name)!);
    if (round === 2) for (const { start, end } of times.values()) start.length = end.length = 0;
  }
  const base = middle(times.get('Node with flags, no layer')!.start);
  console.log(
    `Node ${process.versions.node}, ${process.platform} ${process.arch}, ${cpus().length} cores, ${rounds} rounds, medians`,
  );
  console.table(
    [...times].map(([name, { start, end }]) => ({
      layers: name,
      'start to ready ms': middle(start).toFixed(1),
      'more than no layer ms': (middle(start) - base).toFixed(1),
      'forced end to reaped ms': middle(end).toFixed(1),
    })),
  );
}
