import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adaptCommand, readAdapter } from './adapt.ts';
import { isCommandModule } from './command-module.ts';
import { prepareComponent } from './prepare.ts';
import { surveyComponent } from './survey.ts';

const writes =
  '(import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))';

/** A preview-1 command that writes "hello" and a newline. */
const hello = `(module ${writes}
  (memory (export "memory") 1)
  (data (i32.const 0) "\\10\\00\\00\\00\\06\\00\\00\\00")
  (data (i32.const 16) "hello\\n")
  (func (export "_start") (drop (call 0 (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))`;

const command = parse(hello);

describe('isCommandModule', () => {
  it.each([
    ['a command', hello, true],
    ['a library of preview 1', hello.replace('_start', 'other'), false],
    ['a start that is no function', `(module ${writes} (memory (export "_start") 1))`, false],
    ['a module without WASI', '(module (func (export "_start")))', false],
    ['a component', '(component)', false],
  ])('%s', async (_, text, expected) => {
    expect(isCommandModule(await parse(text))).toBe(expected);
  });

  it('judges names and bounds before anything else reads the module', async () => {
    const hostile = hello.replace('"_start"', '"_start") (export "x\'];injected//"');
    expect(() => isCommandModule(Buffer.alloc(0))).not.toThrow();
    await expect(parse(hostile).then((bytes) => isCommandModule(bytes))).rejects.toMatchObject({
      code: 'COMPONENT_NAME_REFUSED',
    });
    const bytes = await command;
    expect(() => isCommandModule(bytes, { bytes: 8 })).toThrow(/bytes/u);
    expect(() => isCommandModule(bytes.subarray(0, 40))).toThrow(
      expect.objectContaining({ code: 'COMPONENT_MALFORMED' }),
    );
  });
});

describe('adaptCommand', () => {
  it('makes a command component, the same one each time', async () => {
    const adapter = await readAdapter();
    const adapted = await adaptCommand(await command, adapter);
    expect(surveyComponent(adapted).shape).toBe('command');
    expect(await adaptCommand(await command, adapter)).toEqual(adapted);
  });

  it('says why a module cannot be adapted', async () => {
    const adapter = await readAdapter();
    const more = await parse(hello.replace('(memory', '(import "env" "more" (func)) (memory'));
    const invalid = await parse(
      hello.replace('(drop (', '(i32.add (').replace('"_start")', '"_start") (result i64)'),
    );
    await expect(adaptCommand(more, adapter)).rejects.toMatchObject({
      code: 'COMPONENT_UNSUPPORTED',
      message: expect.stringContaining('env'),
    });
    await expect(adaptCommand(invalid, adapter)).rejects.toMatchObject({
      code: 'COMPONENT_UNSUPPORTED',
      message: expect.stringContaining('type mismatch'),
    });
  });

  it('is ended when it costs more than its limits', async () => {
    const adapter = await readAdapter();
    await expect(adaptCommand(await command, adapter, { outputBytes: 10 })).rejects.toMatchObject({
      code: 'TRANSPILE_LIMIT',
    });
  });

  it('names the package to install where there is no adapter', async () => {
    const nowhere = () => {
      throw new Error('Cannot find module');
    };
    await expect(readAdapter(nowhere)).rejects.toMatchObject({
      code: 'COMPONENT_UNSUPPORTED',
      message: expect.stringContaining('npm install @bytecodealliance/jco'),
    });
  });
});

describe('prepareComponent with a preview-1 command', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'adapt-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('keeps the digest of the file, and gives the same from the cache', async () => {
    const options = { bytes: await command, cacheDir: join(folder, 'cache') };
    const first = await prepareComponent(options);
    expect(first.shape).toBe('command');
    expect(first.exports.map(({ name }) => name)).toEqual([
      expect.stringMatching(/^wasi:cli\/run@0\.2\./u),
    ]);
    const { sha256 } = first;
    expect(await prepareComponent({ ...options, sha256 })).toEqual(first);
    await expect(prepareComponent({ ...options, sha256: '0'.repeat(64) })).rejects.toMatchObject({
      code: 'COMPONENT_DIGEST_MISMATCH',
    });
  });
});
