import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SkillError } from '../errors.ts';
import { cacheKey, type PreparedComponent, prepareComponent } from './prepare.ts';

const component = parse(`(component
  (import "wasi:random/random@0.2.0" (instance $random (export "get-random-u64" (func (result u64)))))
  (core module $m (memory (export "memory") 2) (func (export "run") (result i32) i32.const 0))
  (core instance $i (instantiate $m))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (component $shim (import "run" (func $f (result (result)))) (export "run" (func $f)))
  (instance $run (instantiate $shim (with "run" (func $run))))
  (export "wasi:cli/run@0.2.6" (instance $run)))`);

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'prepare-'));
});
afterAll(() => rm(directory, { recursive: true }));

/** No transpiler answers in a millisecond: with this, only the cache can. */
const cacheOnly = { wallMs: 1 };

describe('prepareComponent', () => {
  it('goes from a file to a script and modules', async () => {
    const bytes = await component;
    const path = join(directory, 'command.wasm');
    await writeFile(path, bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const prepared = await prepareComponent({ path, sha256 });
    expect(prepared).toMatchObject({
      sha256,
      shape: 'command',
      imports: [{ name: 'wasi:random/random@0.2.0', kind: 'instance' }],
      exports: [{ name: 'wasi:cli/run@0.2.6', kind: 'instance' }],
      memoryBytes: 2 * 65_536,
      glue: expect.stringContaining('instantiate'),
    });
    expect([...prepared.modules.keys()]).toEqual(['component.core.wasm']);
  });

  it('takes the second time from the cache, unless it was tampered with', async () => {
    const bytes = await component;
    const cacheDir = join(directory, 'cache');
    const first = await prepareComponent({ bytes, cacheDir });
    expect(await prepareComponent({ bytes, cacheDir, limits: cacheOnly })).toEqual(first);

    const key = cacheKey(first.sha256, true);
    await writeFile(join(cacheDir, key, 'glue.js'), 'globalThis.injected = true');
    await expect(prepareComponent({ bytes, cacheDir, limits: cacheOnly })).rejects.toMatchObject({
      code: 'TRANSPILE_LIMIT',
    });
    expect(await prepareComponent({ bytes, cacheDir })).toEqual(first);
    expect(await prepareComponent({ bytes, cacheDir, limits: cacheOnly })).toEqual(first);
    expect(globalThis).not.toHaveProperty('injected');
  });

  it('keeps metered and unmetered modules apart', async () => {
    const bytes = await component;
    const cacheDir = join(directory, 'metered');
    const plain = await prepareComponent({ bytes, cacheDir, metered: false });
    const metered = await prepareComponent({ bytes, cacheDir });
    expect(metered.glue).toBe(plain.glue);
    expect(metered.modules).not.toEqual(plain.modules);
    expect(await readdir(cacheDir)).toHaveLength(2);
  });

  it('judges a component from the cache as it does a new one', async () => {
    const bytes = await component;
    const cacheDir = join(directory, 'judged');
    await prepareComponent({ bytes, cacheDir });
    await expect(
      prepareComponent({ bytes, cacheDir, provided: () => false }),
    ).rejects.toMatchObject({
      code: 'COMPONENT_IMPORT_UNKNOWN',
    });
    await expect(
      prepareComponent({ bytes, cacheDir, bounds: { memoryBytes: 65_536 } }),
    ).rejects.toMatchObject({
      code: 'COMPONENT_TOO_LARGE',
    });
    await expect(
      prepareComponent({ bytes, cacheDir, sha256: 'f'.repeat(64) }),
    ).rejects.toMatchObject({
      code: 'COMPONENT_DIGEST_MISMATCH',
    });
  });

  it('loads one component many times at once', async () => {
    const bytes = await component;
    const cacheDir = join(directory, 'together');
    const all = await Promise.all(
      Array.from({ length: 4 }, () => prepareComponent({ bytes, cacheDir })),
    );
    for (const each of all) expect(each).toEqual(all[0]);
  });

  it('is not misled by a caller who changes the bytes meanwhile', async () => {
    const bytes = Uint8Array.from(await component);
    const pending = prepareComponent({ bytes });
    bytes.fill(0);
    expect((await pending).shape).toBe('command');
  });

  it('works when what it made cannot be kept', async () => {
    const bytes = await component;
    const cacheDir = join(directory, 'vanishing');
    const pending = prepareComponent({ bytes, cacheDir });
    while ((await stat(cacheDir).catch(() => undefined)) === undefined) await setImmediate();
    await rm(cacheDir, { recursive: true });
    expect((await pending).shape).toBe('command');
  });

  it('works when there can be no cache at all', async () => {
    await writeFile(join(directory, 'occupied'), '');
    const cacheDir = join(directory, 'occupied', 'cache');
    expect((await prepareComponent({ bytes: await component, cacheDir })).shape).toBe('command');
  });

  it.each([{}, { path: 'a', bytes: new Uint8Array() }])(
    'refuses %j: either a path or bytes',
    async (options) => {
      await expect(prepareComponent(options)).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
    },
  );

  it('refuses an unsafe cache directory before anything else is done there', async () => {
    const cacheDir = join(directory, 'unsafe');
    await mkdir(cacheDir);
    await chmod(cacheDir, 0o777);
    await expect(prepareComponent({ bytes: await component, cacheDir })).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
    });
    expect(await readdir(cacheDir)).toEqual([]);
  });
});

describe('hostile components', () => {
  it('end with an error of the table, and the next load works (GEN-10)', async () => {
    const bytes = await component;
    const cacheDir = join(directory, 'hostile');
    const good = await prepareComponent({ bytes, cacheDir });
    const flip = fc.tuple(fc.nat(bytes.byteLength - 1), fc.integer({ min: 1, max: 255 }));
    await fc.assert(
      fc.asyncProperty(fc.array(flip, { minLength: 1, maxLength: 3 }), async (flips) => {
        const damaged = Uint8Array.from(bytes);
        for (const [at, mask] of flips) damaged[at] = (damaged[at] as number) ^ mask;
        const result: unknown = await prepareComponent({
          bytes: damaged,
          provided: () => true,
        }).catch((failure: unknown) => failure);
        expect(
          result instanceof SkillError ? result.code : (result as PreparedComponent).glue,
        ).toMatch(/^COMPONENT_|^TRANSPILE_|^\(\(\) => \{'use strict';/u);
      }),
      { numRuns: 40 },
    );
    expect(await prepareComponent({ bytes, cacheDir })).toEqual(good);
  });

  it('that double with each type are stopped by their own process', async () => {
    // t0 = u8, t(n+1) = (tn, tn): code for t24 would be written sixteen million times over.
    const types = Array.from(
      { length: 24 },
      (_none, index) => `(type $t${index + 1} (tuple $t${index} $t${index}))`,
    );
    const bytes = await parse(`(component (type $t0 u8) ${types.join('')}
      (core module $m (memory (export "m") 1) (func (export "f") (result i32) i32.const 8))
      (core instance $i (instantiate $m))
      (func (export "f") (result $t24) (canon lift (core func $i "f") (memory (core memory $i "m")))))`);
    await expect(prepareComponent({ bytes, limits: { wallMs: 10_000 } })).rejects.toMatchObject({
      code: expect.stringMatching(/^TRANSPILE_/u),
    });
    expect((await prepareComponent({ bytes: await component })).shape).toBe('command');
  });
});
