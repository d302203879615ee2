import { readFile } from 'node:fs/promises';
import { Script } from 'node:vm';
import { transpileBytes } from '@bytecodealliance/jco-transpile';
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { describe, expect, it } from 'vitest';
import { callImportsDirectly } from './glue-imports.ts';

/** The parts of the WebAssembly JavaScript interface that are used here. */
declare const WebAssembly: { readonly Module: new (bytes: Uint8Array) => object };

type Exports = Record<string, (...args: unknown[]) => unknown>;

/**
 * Calls each of its imports: a number of 64 bits, a text that is answered by a text, a result, and one whose answer
 * needs an allocation, for which the guest's allocator calls the host, which is not allowed then.
 */
const component = parse(`(component
  (import "wide" (func $wide (param "x" u64) (result u64)))
  (import "text" (func $text (param "x" string) (result string)))
  (import "try" (func $try (param "x" u32) (result (result u32 (error string)))))
  (core module $memory
    (memory (export "memory") 1)
    (global $at (mut i32) (i32.const 4096))
    (global (export "leave") (mut i32) (i32.const 0))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.set $at (i32.add (global.get $at) (i32.const 64)))
      (global.get $at)))
  (core instance $memory (instantiate $memory))
  (core func $wide (canon lower (func $wide)))
  (core func $text (canon lower (func $text)
    (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
  (core func $try (canon lower (func $try)
    (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
  (core module $main
    (import "memory" "memory" (memory 1))
    (import "host" "wide" (func $wide (param i64) (result i64)))
    (import "host" "text" (func $text (param i32 i32 i32)))
    (import "host" "try" (func $try (param i32 i32)))
    (data (i32.const 16) "h\\c3\\a9llo")
    (func (export "wide") (param i64) (result i64) (call $wide (local.get 0)))
    (func (export "text") (result i32)
      (call $text (i32.const 16) (i32.const 6) (i32.const 1024))
      (i32.const 1024))
    (func (export "try") (param i32) (result i32)
      (call $try (local.get 0) (i32.const 2048))
      (i32.add (i32.mul (i32.load8_u (i32.const 2048)) (i32.const 1000)) (i32.load (i32.const 2052)))))
  (core instance $main (instantiate $main
    (with "memory" (instance $memory))
    (with "host" (instance
      (export "wide" (func $wide)) (export "text" (func $text)) (export "try" (func $try))))))
  (func (export "call-wide") (param "x" u64) (result u64) (canon lift (core func $main "wide")))
  (func (export "call-text") (result string)
    (canon lift (core func $main "text") (memory (core memory $memory "memory"))))
  (func (export "call-try") (param "x" u32) (result u32) (canon lift (core func $main "try"))))`);

/** The allocator itself calls the host. */
const reentrant = parse(`(component
  (import "text" (func $text (result string)))
  (import "now" (func $now (result u64)))
  (core func $now (canon lower (func $now)))
  (core module $memory
    (import "host" "now" (func $now (result i64)))
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (drop (call $now)) (i32.const 64)))
  (core instance $memory (instantiate $memory
    (with "host" (instance (export "now" (func $now))))))
  (core func $text (canon lower (func $text)
    (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
  (core module $main
    (import "host" "text" (func $text (param i32)))
    (func (export "run") (call $text (i32.const 1024))))
  (core instance $main (instantiate $main
    (with "host" (instance (export "text" (func $text))))))
  (func (export "run") (canon lift (core func $main "run"))))`);

async function glueOf(
  bytes: Uint8Array,
): Promise<{ source: string; files: Map<string, Uint8Array> }> {
  const { files } = await transpileBytes(bytes, { name: 'component', instantiation: 'sync' });
  const all = new Map(Object.entries(files));
  return { source: new TextDecoder().decode(all.get('component.js')), files: all };
}

function instantiate(source: string, files: Map<string, Uint8Array>, imports: object): Exports {
  const text = source
    .replace('export function instantiate(', 'function instantiate(')
    .replace('export const _util', 'const _util');
  const run = new Script(`(() => {'use strict';${text}\nreturn instantiate;})()`);
  const made = run.runInThisContext() as (...args: unknown[]) => Exports;
  return made((name: string) => new WebAssembly.Module(files.get(name)!), imports);
}

/** The same component twice: as jco calls imports, and directly. */
async function both(
  bytes: Uint8Array,
  imports: object,
): Promise<Record<'jco' | 'direct', Exports>> {
  const { source, files } = await glueOf(bytes);
  const direct = callImportsDirectly(source);
  expect(direct.includes('_lowerImportBackwardsCompat.bind')).toBe(false);
  return {
    jco: instantiate(source, files, imports),
    direct: instantiate(direct, files, imports),
  };
}

/** A result, or what was thrown. */
function outcome(call: () => unknown): unknown {
  try {
    return { value: call() };
  } catch (error) {
    return { thrown: error instanceof Error ? error.message : error };
  }
}

describe('callImportsDirectly', () => {
  const seen: unknown[] = [];
  const imports = {
    wide: { default: (x: bigint) => (seen.push(x), x) },
    text: { default: (x: string) => (seen.push(x), `${x}, wörld`) },
    try: {
      default: (x: number) => {
        seen.push(x);
        if (x === 1) throw 'refused';
        if (x === 2) throw new Error('broken');
        return x;
      },
    },
  };

  it('gives and takes the same values as the code that jco wrote', async () => {
    const { jco, direct } = await both(await component, imports);
    for (const call of [
      (e: Exports) => e['callWide']!(2n ** 64n - 1n),
      (e: Exports) => e['callWide']!(0n),
      (e: Exports) => e['callText']!(),
      (e: Exports) => e['callTry']!(7),
      (e: Exports) => Number(e['callTry']!(1)) >= 1000,
    ]) {
      seen.length = 0;
      const expected = outcome(() => call(jco));
      const calls = [...seen];
      seen.length = 0;
      expect(outcome(() => call(direct))).toEqual(expected);
      expect(expected).toHaveProperty('value');
      expect(seen).toEqual(calls);
      expect(calls).toHaveLength(1);
    }
  });

  it('lets an exception of the host through', async () => {
    const { jco, direct } = await both(await component, imports);
    expect(outcome(() => jco['callTry']!(2))).toEqual({ thrown: 'broken' });
    expect(outcome(() => direct['callTry']!(2))).toEqual({ thrown: 'broken' });
  });

  it('traps as before where the guest calls the host while it may not', async () => {
    let asked = 0;
    const { jco, direct } = await both(await reentrant, {
      text: { default: () => 'text' },
      now: { default: () => ((asked += 1), 1n) },
    });
    const expected = outcome(() => jco['run']!());
    const before = asked;
    expect(outcome(() => direct['run']!())).toEqual(expected);
    expect(asked).toBe(before * 2);
  });

  it('leaves code of another form as it is', async () => {
    const { source } = await glueOf(await component);
    const other = source
      .replaceAll('const hostProvided = true;', 'const hostProvided = 1;')
      .replaceAll('_trackHostOperation(() =>', '_follow(() =>');
    expect(callImportsDirectly(other) === other).toBe(true);
  });

  it('finds all imports of a whole program (hash-files)', async () => {
    const { source } = await glueOf(await readFile('skills-wasm/hash-files/dist/hash-files.wasm'));
    expect(source.match(/_lowerImportBackwardsCompat\.bind/gu)).not.toBeNull();
    const direct = callImportsDirectly(source);
    expect(direct.includes('_lowerImportBackwardsCompat.bind')).toBe(false);
    expect(direct.length).toBeLessThan(source.length);
  });
});
