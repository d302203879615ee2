import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { describe, expect, it } from 'vitest';
import type { ComponentBounds } from './bounds.ts';
import { surveyComponent } from './survey.ts';

const survey = async (wat: string, bounds: Partial<ComponentBounds> = {}) =>
  surveyComponent(await parse(wat), bounds);
const evil = "x'],CODE,exports0['x";

describe('surveyComponent', () => {
  it('tells imports with their members, exports, and core modules at every level', async () => {
    const found = await survey(`(component
      (import "wasi:random/random@0.2.0" (instance
        (export "get-random-u64" (func (result u64)))
        (export "thing" (type (sub resource)))))
      (import "get-config" (func (param "key" string) (result (option string))))
      (core module $m (import "env" "f" (func)) (memory (export "memory") 3) (table 5 funcref)
        (func (export "run") (result i32) i32.const 1) (func $s) (start $s))
      (component (core module (func (export "inner"))))
      (core instance $i (instantiate $m (with "env" (instance (export "f" (func $f))))))
      (core func $f (canon lower (func 0)))
      (func (export "run") (result u32) (canon lift (core func $i "run"))))`);
    expect(found).toMatchObject({
      shape: 'typed',
      imports: [
        {
          name: 'wasi:random/random@0.2.0',
          kind: 'instance',
          members: [
            { name: 'get-random-u64', kind: 'function' },
            { name: 'thing', kind: 'resource' },
          ],
        },
        { name: 'get-config', kind: 'function', members: [] },
      ],
      exports: [{ name: 'run', kind: 'function' }],
      memoryBytes: 3 * 65_536,
      tableElements: 5,
      modules: [
        {
          path: 'module 0',
          imports: [{ module: 'env', name: 'f', kind: 'function' }],
          exports: [
            { name: 'memory', kind: 'memory' },
            { name: 'run', kind: 'function' },
          ],
          functions: 2,
          hasStart: true,
        },
        {
          path: 'component 0 / module 0',
          exports: [{ name: 'inner', kind: 'function' }],
          hasStart: false,
        },
      ],
    });
  });

  it.each([
    ['native', '(export "skill:engine/tools@0.1.0" (instance $i))'],
    ['command', '(export "wasi:cli/run@0.2.6" (instance $i))'],
    ['typed', '(export "wasi:cli/run@0.3.0" (instance $i))'],
    ['typed', '(export "skill:engine/tools@0.2.0" (instance $i))'],
    [
      'flat',
      '(export "get-metadata" (func $f)) (export "get-tools" (func $f)) (export "execute-tool" (func $f))',
    ],
    ['typed', '(export "get-metadata" (func $f)) (export "get-tools" (func $f))'],
  ])('detects the shape %s', async (shape, exported) => {
    const found = await survey(`(component (instance $i) (core module $m (func (export "f")))
      (core instance $c (instantiate $m)) (func $f (canon lift (core func $c "f"))) ${exported})`);
    expect(found.shape).toBe(shape);
  });

  it('reads every form of type', async () => {
    const found = await survey(`(component
      (type (record (field "constructor" u8) (field "a-b" f64)))
      (type (variant (case "a") (case "b" string)))
      (type (list u8)) (type (tuple bool char)) (type (flags "a" "b")) (type (enum "c" "d"))
      (type (option s64)) (type (result u32 (error string))) (type (result))
      (type $r (resource (rep i32))) (type (own $r)) (type (borrow $r))
      (type (func (param "x" u32) (result u64))) (type (func))
      (type (component (import "i" (func)) (export "e" (func))))
      (type (instance (type $t (record (field "f" u8))) (export "g" (type (eq $t))) (alias outer 1 0 (type))))
      (core type (func (param i32 f64) (result i64)))
      (core type (module (import "a" "b" (memory 1)) (export "c" (global (mut i32))))))`);
    expect(found.imports).toEqual([]);
  });

  const core = (text: string) => `(component (core module ${text}))`;
  it.each([
    ['core export', core(`(func (export "${evil}"))`)],
    ['core export in a nested component', `(component ${core(`(func (export "${evil}"))`)})`],
    ['core memory', core(`(memory (export "${evil}") 1)`)],
    ['core table', core(`(table (export "${evil}") 1 funcref)`)],
    ['core global', core(`(global (export "${evil}") i32 i32.const 0)`)],
    ['core tag', core(`(tag (export "${evil}"))`)],
    ['core import module', core(`(import "${evil}" "f" (func))`)],
    ['core import field', core(`(import "env" "${evil}" (memory 1))`)],
    ['core import called __proto__', core('(import "__proto__" "f" (func))')],
    [
      'core instantiation argument',
      `(component (core module $m) (core instance $i) (core instance (instantiate $m (with "${evil}" (instance $i)))))`,
    ],
    [
      'core instance item',
      `(component (core module $m (func (export "f"))) (core instance $i (instantiate $m)) (core instance (export "${evil}" (func $i "f"))))`,
    ],
    [
      'core alias',
      `(component (core module $m) (core instance $i (instantiate $m)) (alias core export $i "${evil}" (core func)))`,
    ],
    ['core module type import', `(component (core type (module (import "a" "${evil}" (func)))))`],
    ['core module type export', `(component (core type (module (export "${evil}" (func)))))`],
    ['import', `(component (import "${evil}" (func)))`],
    ['export', `(component (instance $i) (export "${evil}" (instance $i)))`],
    ['import of an instance type', `(component (type (instance (export "${evil}" (func)))))`],
    ['import of a component type', `(component (type (component (import "${evil}" (func)))))`],
    [
      'export of an imported instance',
      `(component (import "a:b/c" (instance (export "${evil}" (func)))))`,
    ],
    ['alias', `(component (import "a:b/c" (instance $i)) (alias export $i "${evil}" (func)))`],
    [
      'instantiation argument',
      `(component (component $c) (instance $i) (instance (instantiate $c (with "${evil}" (instance $i)))))`,
    ],
    ['instance item', `(component (instance $i) (instance (export "${evil}" (instance $i))))`],
    ['record field', `(component (type (record (field "${evil}" u8))))`],
    ['variant case', `(component (type (variant (case "${evil}"))))`],
    ['flag', `(component (type (flags "${evil}")))`],
    ['enum case', `(component (type (enum "${evil}")))`],
    ['parameter', `(component (type (func (param "${evil}" u8))))`],
    [
      'field in an instance type',
      `(component (type (instance (type (record (field "${evil}" u8))))))`,
    ],
  ])('refuses a hostile name of: %s (GEN-01)', async (_place, wat) => {
    await expect(survey(wat)).rejects.toMatchObject({ code: 'COMPONENT_NAME_REFUSED' });
  });

  it('says where a refused name stands, escaped', async () => {
    await expect(
      survey(`(component (component (core module) (core module (func (export "a\\1b[0m")))))`),
    ).rejects.toMatchObject({
      message: expect.stringContaining(
        'The name "a\\u{1b}[0m" of export 0 of core component 0 / module 1 (at byte ',
      ),
      details: {
        name: '"a\\u{1b}[0m"',
        where: 'export 0 of core component 0 / module 1',
        offset: expect.any(Number),
      },
    });
  });

  it.each([
    'unlocked-dep=<a:b@{>=1.0.0}>',
    'url=<https://a.example/b.wasm>',
    'integrity=<sha256-YWJj>',
    'locked-dep=<a:b@1.0.0>',
  ])('refuses the import %s (GEN-08)', async (name) => {
    await expect(survey(`(component (import "${name}" (component)))`)).rejects.toMatchObject({
      code: 'COMPONENT_NAME_REFUSED',
    });
  });

  it.each([
    '[static]s.constructor',
    '[static]s.Constructor',
    '[static]s.call',
    '[static]s.to-string',
    '[method]s.constructor',
    'constructor',
    'prototype',
  ])(
    'refuses the imported function %s, which JavaScript objects have by themselves',
    async (name) => {
      await expect(
        survey(`(component (import "wasi:io/streams@0.2.0" (instance (export "s" (type $s (sub resource)))
          (export "${name}" (func)))))`),
      ).rejects.toMatchObject({ code: 'COMPONENT_NAME_REFUSED' });
    },
  );

  it('lets own functions of such names be exported', async () => {
    const found =
      await survey(`(component (core module $m (func (export "f"))) (core instance $c (instantiate $m))
      (func $f (canon lift (core func $c "f"))) (export "constructor" (func $f)) (export "to-string" (func $f)))`);
    expect(found.exports.map((entry) => entry.name)).toEqual(['constructor', 'to-string']);
  });

  it.each([
    ['a shared memory', core('(memory 1 2 shared)')],
    ['streams', '(component (type (stream u8)))'],
    ['futures', '(component (type (future)))'],
    ['asynchronous functions', '(component (type (func async)))'],
    ['error contexts', '(component (type (func (param "x" error-context))))'],
    [
      'asynchronous lifting',
      `(component (core module $m (func (export "f") (result i32) unreachable)) (core instance $i (instantiate $m))
        (func (canon lift (core func $i "f") async)))`,
    ],
    ['threads', '(component (core func (canon thread.index)))'],
  ])('refuses %s', async (_what, wat) => {
    await expect(survey(wat)).rejects.toMatchObject({ code: 'COMPONENT_UNSUPPORTED' });
  });

  it.each<[keyof ComponentBounds, string]>([
    ['coreModules', '(component (core module) (core module) (core module))'],
    ['components', '(component (component) (component) (component))'],
    ['componentDepth', '(component (component (component (component))))'],
    ['typeDepth', '(component (type (component (type (component (type (component)))))))'],
    ['types', '(component (type u8) (type u8) (type u8))'],
    ['typeItems', '(component (type (enum "a" "b" "c")))'],
    ['instances', '(component (instance) (instance) (instance))'],
    [
      'instanceItems',
      '(component (instance $i) (instance (export "a" (instance $i)) (export "b" (instance $i)) (export "c" (instance $i))))',
    ],
    [
      'aliases',
      '(component (import "a:b/c" (instance $i)) (alias export $i "a" (func)) (alias export $i "b" (func)) (alias export $i "c" (func)))',
    ],
    [
      'canonicalFunctions',
      '(component (type $r (resource (rep i32))) (core func (canon resource.new $r)) (core func (canon resource.rep $r)) (core func (canon resource.drop $r)))',
    ],
    ['imports', '(component (import "a" (func)) (import "b" (func)) (import "c" (func)))'],
    [
      'exports',
      '(component (instance $i) (export "a" (instance $i)) (export "b" (instance $i)) (export "c" (instance $i)))',
    ],
    ['sections', '(component (type u8) (instance) (type u8))'],
    ['nameBytes', core('(func (export "ab") (export "c"))')],
    ['coreTypes', core('(type (func)) (type (func (param i32))) (type (func (param i64)))')],
    [
      'coreImports',
      core('(import "a" "a" (func)) (import "a" "b" (func)) (import "a" "c" (func))'),
    ],
    ['coreExports', core('(func (export "a") (export "b") (export "c"))')],
    ['functions', core('(func) (func) (func)')],
    ['functionBytes', core('(func nop nop nop)')],
    ['locals', core('(func (local i32 i32 f64))')],
    ['totalLocals', core('(func (local i32 i32)) (func (local i32))')],
    ['globals', core('(global i32 i32.const 0) (global i32 i32.const 0) (global i32 i32.const 0)')],
    ['tables', core('(table 0 funcref) (table 0 funcref) (table 0 funcref)')],
    ['tableElements', core('(table 2 funcref) (table 1 funcref)')],
    ['memories', core('(memory 0) (memory 0) (memory 0)')],
    ['tags', core('(tag) (tag) (tag)')],
    ['elements', core('(elem func) (elem func) (elem func)')],
    ['data', core('(data "") (data "") (data "")')],
  ])('bounds %s', async (bound, wat) => {
    await expect(survey(wat, { [bound]: 2 })).rejects.toMatchObject({
      code: 'COMPONENT_TOO_LARGE',
      details: { bound, allowed: 2, found: expect.any(Number), offset: expect.any(Number) },
    });
    await survey(wat);
  });

  it('bounds what memories have from the start (MEM-01)', async () => {
    const two = core('(memory 2) (memory 1)');
    await expect(survey(two, { memoryBytes: 2 * 65_536 })).rejects.toMatchObject({
      code: 'COMPONENT_TOO_LARGE',
    });
    expect((await survey(two)).memoryBytes).toBe(3 * 65_536);
    await expect(survey(core('(memory i64 0x1000000000000)'))).rejects.toMatchObject({
      code: 'COMPONENT_TOO_LARGE',
    });
    await expect(survey(core('(memory 65536) '.repeat(16)))).rejects.toMatchObject({
      details: { bound: 'memoryBytes' },
    });
  });

  it('bounds tables that would end the process (MEM-03)', async () => {
    await expect(survey(core('(table 10000000 funcref)'))).rejects.toMatchObject({
      code: 'COMPONENT_TOO_LARGE',
    });
    await expect(survey(core('(table 20000 funcref) '.repeat(60)))).rejects.toMatchObject({
      details: { bound: 'tableElements' },
    });
  });
});
