/** GEN-*: hostile component files. Nothing of them runs, and the next load works. */
import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildGuest } from '../guests/build.ts';
import { buildNamed, buildRelabelled, injection, namePositions } from '../guests/crafted.ts';
import { type Bench, openBench } from './harness.ts';

let bench: Bench;
let signals = 0;
const count = () => {
  signals += 1;
};
beforeAll(async () => {
  bench = await openBench();
  process.on('SIGUSR2', count);
});
afterAll(async () => {
  process.off('SIGUSR2', count);
  await bench[Symbol.asyncDispose]();
});

describe('GEN-01 a name that breaks out of generated code', () => {
  it.each(namePositions)('in the name of the %s: refused, and ran nowhere', async (position) => {
    const marker = join(bench.folder, `${position}.ran`);
    // Whatever process evaluates it says so: by a signal to this one, or by a file.
    const payload = `(()=>{const p=globalThis.process;try{p.kill(${process.pid},"SIGUSR2")}catch{}try{p.getBuiltinModule("fs").writeFileSync(${JSON.stringify(marker)},"")}catch{}})()`;
    const component = await buildNamed(position, injection(position, payload));
    await expect(bench.installFile(component, `injected-${position}`)).rejects.toMatchObject({
      code: 'COMPONENT_NAME_REFUSED',
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect({ signals, file: existsSync(marker) }).toEqual({ signals: 0, file: false });
    await bench.soundSkillRuns();
  });

  it('in a label of the component level', async () => {
    const component = await buildRelabelled('parameters', "p'+eval+'x");
    await expect(bench.installFile(component, 'relabelled')).rejects.toMatchObject({
      code: 'COMPONENT_NAME_REFUSED',
    });
    await bench.soundSkillRuns();
  });
});

describe('GEN-08 a component that panics the transpiler', () => {
  it.each(['gen-08-unlocked-dep', 'gen-08-locked-dep', 'gen-08-url', 'gen-08-integrity'])(
    '%s: that load fails, the next works',
    async (guest) => {
      await expect(bench.install(guest)).rejects.toMatchObject({
        code: expect.stringMatching(/^(COMPONENT|TRANSPILE)_/) as string,
      });
      await bench.soundSkillRuns();
    },
  );
});

describe('GEN-10 what is no component', () => {
  const wrong = async (name: string, bytes: Uint8Array): Promise<unknown> => {
    const path = join(bench.folder, `${name}.wasm`);
    writeFileSync(path, bytes);
    return bench.engine.load(path).then(
      () => 'loaded',
      (error: { code: string }) => error.code,
    );
  };

  it('an empty file, random bytes, text, and the header alone', async () => {
    const random = Uint8Array.from({ length: 5000 }, (_, index) => (index * 7919) % 251);
    expect(await wrong('empty', new Uint8Array(0))).toBe('COMPONENT_MALFORMED');
    expect(await wrong('random', random)).toBe('COMPONENT_MALFORMED');
    expect(await wrong('text', Buffer.from('hello'))).toBe('COMPONENT_MALFORMED');
    expect(await wrong('header', Buffer.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]))).toMatch(
      /^COMPONENT_/,
    );
  });

  it('a core module says that it is one', async () => {
    expect(await wrong('core', Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]))).toBe(
      'COMPONENT_UNSUPPORTED',
    );
  });

  it('a sound component cut short, or with a bit flipped, at many places', async () => {
    const sound = readFileSync(await buildGuest('answer'));
    for (let at = 1; at < sound.length; at += Math.ceil(sound.length / 25)) {
      expect(await wrong('cut', sound.subarray(0, at))).not.toBe('loaded');
      const flipped = Uint8Array.from(sound);
      flipped[at]! ^= 1 << (at % 8);
      // A flip may hit what means nothing; then it loads. It must end either way.
      expect(await wrong('flipped', flipped)).toMatch(
        /^(loaded|COMPONENT_|TRANSPILE_|SCHEMA_|MANIFEST_)/,
      );
    }
    await bench.soundSkillRuns();
  });

  it('a file of 1 GiB is not read', async () => {
    const path = join(bench.folder, 'huge.wasm');
    writeFileSync(path, '');
    truncateSync(path, 1024 ** 3);
    await expect(bench.engine.load(path)).rejects.toMatchObject({ code: 'COMPONENT_TOO_LARGE' });
  });

  it('a missing file, a folder, a device', async () => {
    await expect(bench.engine.load(join(bench.folder, 'nothing.wasm'))).rejects.toMatchObject({
      code: 'MANIFEST_NOT_FOUND',
    });
    await expect(bench.engine.load(bench.folder)).rejects.toMatchObject({
      code: 'MANIFEST_NOT_FOUND',
    });
    await expect(bench.engine.load('/dev/zero')).rejects.toMatchObject({
      code: 'COMPONENT_NOT_FOUND',
    });
  });
});

it('GEN-11 an unknown import is refused by name', async () => {
  await expect(bench.install('unknown-import')).rejects.toMatchObject({
    code: 'COMPONENT_IMPORT_UNKNOWN',
    message: expect.stringContaining('evil:host/shell') as string,
  });
  await bench.soundSkillRuns();
});

it('GEN-12 wasi:http loads without a grant, and every request is denied', async () => {
  const skill = await bench.install('probe-http');
  expect((await bench.engine.execute(skill, 'eval', { code: 'return 1', args: null })).ok).toBe(
    true,
  );
});
