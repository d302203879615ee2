import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBench, type Bench } from './escape/harness.ts';

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

  it('pays fuel like any component', async () => {
    const skill = await install('spinner', spinner, '[skills.resources]\nfuel = 1_000_000');
    const result = await bench.engine.execute(skill, 'run', {});
    expect(result.error?.code).toBe('FUEL_EXHAUSTED');
    await bench.soundSkillRuns();
  });
});
