import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { transpileBytes } from '@bytecodealliance/jco-transpile';
import { componentWit } from '@bytecodealliance/jco-transpile/wasm-tools';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildGuest } from './build.ts';
import { buildNamed, buildRelabelled, injection, namePositions } from './crafted.ts';
import { attack, outcome, probe } from './probe.ts';

const sources = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.wat'));
const guests = [
  ...sources.map((name) => name.replace(/(\.component)?\.wat$/, '')),
  'probe',
  'probe-http',
];
const componentHeader = Buffer.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]);

test.each(guests)('%s is built once, as a component', async (name) => {
  const path = await buildGuest(name);
  expect(readFileSync(path).subarray(0, 8)).toEqual(componentHeader);
  expect(await buildGuest(name)).toBe(path);
});

test('a guest in the native world exports its tools and imports nothing of its own accord', async () => {
  const wit = await componentWit(readFileSync(await buildGuest('answer')));
  expect(wit).toContain('export skill:engine/tools@0.1.0;');
  expect(wit).not.toContain('import');
});

test('a name that no guest has is an error', async () => {
  await expect(buildGuest('no-such-guest')).rejects.toThrow('no guest is called "no-such-guest"');
});

test('an attack becomes a function body; bytes and big numbers survive both ways', () => {
  const { code, args } = attack('fs-22-nul', { size: 2n ** 64n, bytes: new Uint8Array([0, 255]) });
  expect(code).toMatch(/^\/\/ FS-22[^]*return attack\(wasi, args, utf8\);$/);
  expect(args).toEqual({ size: { $bigint: '18446744073709551616' }, bytes: { $hex: '00ff' } });
  expect(outcome({ value: args })).toEqual({
    value: { size: 2n ** 64n, bytes: new Uint8Array([0, 255]) },
  });
  expect(probe('return 1')).toEqual({ code: 'return 1', args: null });
});

test('a label is replaced everywhere, by one of the same length', async () => {
  const bytes = readFileSync(await buildRelabelled('parameters', "p'+eval+'x"));
  expect(bytes.includes("p'+eval+'x")).toBe(true);
  expect(bytes.includes('parameters')).toBe(false);
  await expect(buildRelabelled('parameters', 'p')).rejects.toThrow('differ in length');
});

// What the engine must refuse has to be dangerous to be worth refusing.
describe('GEN-01: without the engine, an injected expression runs', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'injected-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each(namePositions)('in the name of the %s', async (position) => {
    const marker = join(folder, `${position}.ran`);
    const name = injection(
      position,
      `globalThis.process.getBuiltinModule("fs").writeFileSync(${JSON.stringify(marker)},"")`,
    );
    const component = readFileSync(await buildNamed(position, name));
    const { files } = await transpileBytes(component, { name: 'it', instantiation: 'sync' });
    const out = join(folder, position);
    for (const [path, bytes] of Object.entries(files as Record<string, Uint8Array>)) {
      mkdirSync(dirname(join(out, path)), { recursive: true });
      writeFileSync(join(out, path), bytes);
    }
    writeFileSync(
      join(out, 'run.mjs'),
      `import { readFileSync } from 'node:fs';
       import { instantiate } from './it.js';
       const load = (name) => new WebAssembly.Module(readFileSync(new URL(name, import.meta.url)));
       try { instantiate(load, {}); } catch {}`,
    );
    execFileSync(process.execPath, [join(out, 'run.mjs')]);
    expect(existsSync(marker)).toBe(true);
  });
});
