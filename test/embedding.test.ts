/** Where the library runs: as CommonJS asks for it, in worker threads, several engines at once, and beside a bundle. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildGuest } from './guests/build.ts';

let folder: string;
beforeAll(async () => {
  // Inside of the project, so that its packages are found as a user's would be.
  mkdirSync('.cache', { recursive: true });
  folder = mkdtempSync(resolve('.cache/embedding-'));
  copyFileSync(await buildGuest('answer'), join(folder, 'answer.wasm'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(name: string, code: string): { out: string; status: number | null } {
  const file = join(folder, name);
  writeFileSync(file, code);
  const env = { PATH: process.env['PATH'], SKILL_ENGINE_HOME: join(folder, 'home') };
  // A program that does not end by itself is ended here, and has no status.
  const options = { encoding: 'utf8', cwd: folder, env, timeout: 60_000 } as const;
  const { stdout, stderr, status } = spawnSync(process.execPath, [file], options);
  return { out: `${stdout}${stderr}`, status };
}

const call = `const engine = await createEngine();
  await engine.load('answer.wasm');
  const { value } = await engine.execute('answer', 'run');
  await engine.close();`;

it('CommonJS takes it by require', () => {
  const code = `const { createEngine } = require('@skill-engine/engine');
    (async () => { ${call} console.log(value); })();`;
  expect(run('program.cjs', code)).toEqual({ out: '42\n', status: 0 });
});

it('worker threads have engines of their own, on one store', () => {
  const code = `import { Worker, isMainThread } from 'node:worker_threads';
    import { createEngine } from '@skill-engine/engine';
    if (isMainThread) for (let n = 0; n < 3; n += 1) new Worker(new URL(import.meta.url));
    else { ${call} console.log(value); }`;
  expect(run('workers.mjs', code)).toEqual({ out: '42\n42\n42\n', status: 0 });
});

it('several engines share a process and a store, and it ends by itself', () => {
  const code = `import { createEngine } from '@skill-engine/engine';
    const values = await Promise.all([1, 2, 3, 4].map(async () => { ${call} return value; }));
    console.log(values.join());`;
  expect(run('several.mjs', code)).toEqual({ out: '42,42,42,42\n', status: 0 });
});

it('a bundle leaves the packages outside', async () => {
  const code = `import { createEngine } from '@skill-engine/engine'; ${call} console.log(value);`;
  writeFileSync(join(folder, 'source.mjs'), code);
  const input = join(folder, 'source.mjs');
  const bundle = await rolldown({ input, platform: 'node', external: /^@skill-engine\// });
  const { output } = await bundle.generate({ format: 'esm' });
  expect(run('bundled.mjs', output[0].code)).toEqual({ out: '42\n', status: 0 });
});
