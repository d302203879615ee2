import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compilers } from './author/compilers.ts';
import { openBench, type Bench } from './escape/harness.ts';
import { cCommand, goCommand } from './preview1-commands.ts';

const imports = `
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func $prestat (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\\10\\00\\00\\00\\06\\00\\00\\00")
  (data (i32.const 16) "hello\\n")`;

/** Writes "hello" once per argument, and fails when it has any directory. */
const greeter = `(module ${imports}
  (func (export "_start") (local $left i32)
    (drop (call $sizes (i32.const 32) (i32.const 36)))
    (local.set $left (i32.load (i32.const 32)))
    (loop $again
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $again (local.get $left)))
    (if (i32.eqz (call $prestat (i32.const 3) (i32.const 40))) (then (call $exit (i32.const 1))))))`;

const spinner = `(module ${imports} (func (export "_start") (loop $forever (br $forever))))`;

/** Takes all memory that there is for its own once it has been called back once, as some allocators do, and looks after it. */
const greedy = `(module ${imports}
  (global $end (mut i32) (i32.const 0))
  (func $check (local $at i32)
    (local.set $at (i32.const 1024))
    (loop $next
      (if (i32.ne (i32.load8_u (local.get $at)) (i32.const 170)) (then (call $exit (i32.const 3))))
      (br_if $next
        (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (global.get $end)))))
  (func (export "_start") (local $left i32)
    (drop (call $sizes (i32.const 32) (i32.const 36)))
    (global.set $end (i32.mul (memory.size) (i32.const 65536)))
    (memory.fill (i32.const 1024) (i32.const 170) (i32.sub (global.get $end) (i32.const 1024)))
    (local.set $left (i32.const 3))
    (loop $again
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
      (drop (call $sizes (i32.const 32) (i32.const 36)))
      (call $check)
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $again (local.get $left)))))`;

const sound = { ok: true, stdout: 'sound\n' };

describe('a core module for wasi_snapshot_preview1', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await openBench();
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  async function install(name: string, text: string, manifest = ''): Promise<string> {
    const file = join(bench.folder, `${name}.wasm`);
    writeFileSync(file, await parse(text));
    return bench.installFile(file, name, manifest);
  }

  it('runs as a command, with its arguments and without any directory', async () => {
    const skill = await install('greeter', greeter);
    const result = await bench.engine.execute(skill, 'run', { args: ['one', 'two'] });
    expect(result).toMatchObject({ ok: true, exitCode: 0, stdout: 'hello\nhello\nhello\n' });
  });

  it.each([
    ['0', 0],
    ['3', 3],
    ['255', 255],
    ['-1', 255],
    ['256', 1],
    ['-256', 1],
    ['1000', 232],
  ])('that exits with %s has the exit code %d', async (given, exitCode) => {
    // The data holds what the import section does: it is not to be changed.
    const name = 'wasi_snapshot_preview1';
    const text = `(module ${imports}
      (data (i32.const 100) "\\16${name}\\09proc_exit")
      (func (export "_start")
        (if (i32.ne (i32.load8_u (i32.const 101)) (i32.const 119)) (then (unreachable)))
        (call $exit (i32.const ${given}))
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))`;
    const skill = await install(`exits-${given.replace('-', 'minus-')}`, text);
    const result = await bench.engine.execute(skill, 'run', {});
    expect(result).toMatchObject({ ok: exitCode === 0, exitCode, stdout: '' });
  });

  it('that takes all memory for its own shares none with the adapter', async () => {
    const skill = await install('greedy', greedy);
    const result = await bench.engine.execute(skill, 'run', { args: ['one'] });
    expect(result).toMatchObject({ ok: true, exitCode: 0, stdout: 'hello\n'.repeat(3) });
  });

  // Both allocate between calls, so that a heap that runs into the adapter's memory is seen by one of them.
  it.skipIf(!compilers.go)(
    `of Go's compiler keeps its heap${compilers.go ? '' : ' (skipped: Go is not here)'}`,
    async () => expect(await withFiles('go', goCommand)).toMatchObject(sound),
    120_000,
  );
  it.skipIf(!compilers.c)(
    `of clang with Debian's C library keeps its heap${compilers.c ? '' : ' (skipped: clang is not here)'}`,
    async () => expect(await withFiles('c', cCommand)).toMatchObject(sound),
    120_000,
  );

  async function withFiles(name: string, compile: (folder: string) => string) {
    const folder = join(bench.folder, name);
    const data = join(folder, 'data');
    mkdirSync(data, { recursive: true });
    const manifest = `[skills.capabilities]\nfilesystem = [${JSON.stringify(`write:${data}`)}]`;
    const skill = await bench.installFile(compile(folder), `heap-${name}`, manifest);
    return bench.engine.execute(skill, 'run', { args: [data] });
  }

  it('pays fuel like any component', async () => {
    const skill = await install('spinner', spinner, '[skills.resources]\nfuel = 1_000_000');
    const result = await bench.engine.execute(skill, 'run', {});
    expect(result.error?.code).toBe('FUEL_EXHAUSTED');
    await bench.soundSkillRuns();
  });
});
