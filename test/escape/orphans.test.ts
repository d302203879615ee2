/** Isolates end with their embedder, however it ends, in every layer that promises it; and nothing is left of them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { detectLayers, type Layers } from '../../packages/engine/src/isolate/layers.ts';
import { buildGuest } from '../guests/build.ts';
import { program, variants } from './layer-variants.ts';

const { layers } = await detectLayers();
const bindsToParent = layers.sandbox !== undefined || layers.setpriv !== undefined;
const unshare = program('unshare');

const source = (path: string) =>
  fileURLToPath(new URL(`../../packages/engine/src/${path}`, import.meta.url));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'skill-orphans-'));
  chmodSync(folder, 0o755);
  const programs = {
    spin: `require('fs').writeSync(3, 'up'); for (;;);`,
    abort: `process.abort();`,
    leave: `process.exit(3);`,
    throw: `throw new Error();`,
  };
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(folder, `${name}.cjs`), text, { mode: 0o644 });
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A program that says `line` once it is where it should be. */
async function until(child: ChildProcess, line: string): Promise<void> {
  let said = '';
  let words = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (words += text));
  await new Promise<void>((resolve, reject) => {
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes(line)) resolve();
    });
    child.on('exit', () => reject(new Error(`it ended: ${words}`)));
  });
}

function script(text: string, wrap: readonly string[] = []): ChildProcess {
  const [command = '', ...args] = [
    ...wrap,
    process.execPath,
    '--no-warnings',
    '--input-type=module',
    '-e',
    text,
  ];
  return spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
}

interface Known {
  readonly pid: number;
  /** When it started, in the kernel's ticks: numbers are given again. */
  readonly started: string;
}

function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** All processes below one, by whichever thread they were started. */
function descendants(pid: number): Known[] {
  const found: Known[] = [];
  let threads: string[] = [];
  try {
    threads = readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
  for (const thread of threads) {
    const children = readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8');
    for (const child of children.split(' ').filter(Boolean).map(Number)) {
      const started = startOf(child);
      if (started) found.push({ pid: child, started });
      found.push(...descendants(child));
    }
  }
  return found;
}

/** Waits until none of them runs; the test's own time limit is the only clock. */
async function allGone(known: readonly Known[]): Promise<void> {
  while (known.some(({ pid, started }) => startOf(pid) === started)) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const spinner = `import { launchProgram } from ${JSON.stringify(source('isolate/launch.ts'))};`;

async function killedWithParent(around: Layers): Promise<void> {
  const embedder = script(`${spinner}
  const child = launchProgram(${JSON.stringify(join(folder, 'spin.cjs'))}, 1 << 26, ${JSON.stringify(around)}, () => []);
  child.stdio[3].once('data', () => console.log('spinning'));
  child.on('close', (code, signal) => console.log('ended', code, signal));
  setInterval(() => {}, 1000);`);
  await until(embedder, 'spinning');
  const started = descendants(embedder.pid!);
  expect(started.length).toBeGreaterThan(0);
  embedder.kill('SIGKILL');
  await allGone(started);
}

/** Layers that end with their parent; kernel limits alone do not. */
const bound = [...variants].filter(([name]) => name !== 'nothing' && name !== 'prlimit');

describe('a spinning process ends when its embedder is killed with SIGKILL', () => {
  for (const [, { title, layers: around, missing }] of bound) {
    it.skipIf(missing)(title, () => killedWithParent(around));
  }
  it.skipIf(!bindsToParent)('all layers of this machine', () => killedWithParent(layers));
});

it.skipIf(!bindsToParent)(
  'an engine that is killed in the middle of a guest leaves no isolate',
  async () => {
    const guest = await buildGuest('loop-forever');
    const embedder = script(`
      import { createEngine } from ${JSON.stringify(source('index.ts'))};
      const engine = await createEngine({ home: ${JSON.stringify(join(folder, 'home'))} });
      const [skill] = await engine.load(${JSON.stringify(guest)});
      for (let n = 0; n < 3; n += 1) void engine.execute(skill.name, 'run', {});
      setTimeout(() => console.log('looping'), 300);`);
    await until(embedder, 'looping');
    const started = descendants(embedder.pid!);
    expect(started.length).toBeGreaterThan(0);
    embedder.kill('SIGKILL');
    await allGone(started);
  },
);

/** As the first process of a process namespace, as in many containers: orphans would come to it, and stay. */
it.skipIf(variants.get('unshare')!.missing)(
  'no end of an isolate leaves a zombie, also where the embedder is the init of its container',
  async () => {
    const wrap = [
      unshare!,
      '--user',
      '--map-root-user',
      '--mount-proc',
      '--pid',
      '--fork',
      '--kill-child=KILL',
      '--',
    ];
    const embedder = script(
      `import { launchProgram } from ${JSON.stringify(source('isolate/launch.ts'))};
       import { detectLayers } from ${JSON.stringify(source('isolate/layers.ts'))};
       import { readdirSync, readFileSync } from 'node:fs';
       const { layers } = await detectLayers();
       const others = () => readdirSync('/proc')
         .filter((name) => /^[0-9]+$/.test(name) && Number(name) !== process.pid)
         .flatMap((pid) => {
           // One that ends while it is looked at is not left.
           try { return [readFileSync('/proc/' + pid + '/stat', 'utf8').slice(0, 60)]; } catch { return []; }
         });
       // A variant that does not work here may have left its own; that happens once.
       const before = others();
       for (let n = 0; n < 5; n += 1) {
         const child = launchProgram(${JSON.stringify(join(folder, 'spin.cjs'))}, 1 << 26, layers, () => []);
         await new Promise((up) => child.stdio[3].once('data', up));
         const closed = new Promise((end) => child.on('close', end));
         child.kill('SIGKILL');
         await closed;
       }
       for (const end of ['abort', 'leave', 'throw']) {
         const child = launchProgram(${JSON.stringify(folder)} + '/' + end + '.cjs', 1 << 26, layers, () => []);
         await new Promise((end) => child.on('close', end));
       }
       const leftNow = () => others().filter((one) => !before.includes(one));
       // What is ending has ended soon; a zombie stays.
       for (let n = 0; n < 100 && leftNow().length > 0; n += 1) await new Promise((then) => setTimeout(then, 20));
       const left = leftNow();
       console.log('left ' + JSON.stringify({ init: process.pid, sandbox: layers.sandbox?.kind, left }) + ' end');`,
      wrap,
    );
    let said = '';
    embedder.stdout!.setEncoding('utf8').on('data', (text: string) => (said += text));
    await until(embedder, ' end');
    const report = JSON.parse(/left (.*) end/.exec(said)![1]!) as object;
    expect(report).toEqual({ init: 1, sandbox: expect.any(String), left: [] });
  },
);
