/**
 * Components that break the canonical ABI: whatever they give back or do while they are given something, the call ends with
 * an error of the table and within its limits, and the next one works. Where the component model says trap, it is one.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bench, expectFailure, openBench } from '../escape/harness.ts';
import { coreComponent } from './echo.ts';

const ret = (address: string | number, length: string | number) =>
  `(call $ret (i32.const ${address}) (i32.const ${length}))`;
const put = (word: string) => `(i32.store (i32.const 1024) (i32.const ${word}))`;

/** Function, its result, and the code that gives it; at 2048 stand 3500 times address and length of the same 28 KiB. */
const results: readonly (readonly [name: string, type: string, body: string])[] = [
  ['bytes-beyond', 'list<u8>', ret(0, -1)],
  ['bytes-behind', 'list<u8>', ret(65_540, 0)],
  ['words-beyond', 'list<u32>', ret(65_532, 2)],
  ['words-that-wrap', 'list<u64>', ret(65_528, '0x20000000')],
  ['words-unaligned', 'list<u32>', ret(1, 1)],
  ['longs-unaligned', 'list<u64>', ret(4, 1)],
  ['text-beyond', 'string', ret(65_535, 2)],
  ['text-huge', 'string', ret(0, -1)],
  ['text-negative', 'string', ret(-8, 4)],
  ['texts-huge', 'list<string>', ret(0, -1)],
  ['tuples-huge', 'list<tuple<u8, u64>>', ret(0, '0x7fffffff')],
  ['no-utf8', 'string', `${put('0xc0c1feff')} ${ret(1024, 4)}`],
  ['surrogate-in-utf8', 'string', `${put('0x80a0ed')} ${ret(1024, 3)}`],
  ['bool-of-two', 'bool', '(i32.const 2)'],
  ['bools-of-seven', 'list<bool>', `${put('7')} ${ret(1024, 1)}`],
  ['char-surrogate', 'char', '(i32.const 0xd800)'],
  ['char-beyond', 'char', '(i32.const 0x110000)'],
  ['char-negative', 'char', '(i32.const -1)'],
  ['enum-beyond', 'color', '(i32.const 9)'],
  ['enum-negative', 'color', '(i32.const -1)'],
  ['variant-beyond', 'shape', ret(9, 0)],
  ['variants-beyond', 'list<shape>', `${put('200')} ${ret(1024, 1)}`],
  ['option-beyond', 'option<u8>', ret(7, 0)],
  ['result-beyond', 'result<u8, u8>', ret(7, 0)],
  [
    'error-beyond',
    'result<_, list<u8>>',
    `(i32.store8 (i32.const 16) (i32.const 1))
    (i32.store (i32.const 20) (i32.const 0)) (i32.store (i32.const 24) (i32.const -1)) (i32.const 16)`,
  ],
  ['answer-beyond', 'string', '(i32.const -4)'],
  ['answer-at-the-end', 'string', '(i32.const 65532)'],
];

const wit = `package test:hostile;
interface values {
  enum color { red, green }
  variant shape { none, some(u8), named(string) }
${results.map(([name, type]) => `  ${name}: func() -> ${type};`).join('\n')}
  aliased: func() -> list<string>;
  endless: func() -> list<tuple<u8>>;
  bits: func() -> u32;
  mark: func() -> string;
  give: func(text: string) -> u32;
  give-words: func(words: list<u32>) -> u32;
  give-texts: func(texts: list<string>) -> u32;
}
world guest { export values; }`;

/** `cabi_realloc` misbehaves by the size that it is asked for. */
const wat = `(module
  (memory (export "memory") 1)
  (global $free (mut i32) (i32.const 32768))
  (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
    (if (i32.eq (local.get $size) (i32.const 1)) (then (return (i32.const -1))))
    (if (i32.eq (local.get $size) (i32.const 2)) (then (return (i32.const 0xfffffff0))))
    (if (i32.eq (local.get $size) (i32.const 3)) (then (return (i32.const 65535))))
    (if (i32.eq (local.get $size) (i32.const 4)) (then
      (return (i32.mul (memory.grow (i32.const 1)) (i32.const 65536)))))
    (if (i32.eq (local.get $size) (i32.const 5)) (then unreachable))
    (if (i32.eq (local.get $size) (i32.const 6)) (then (loop $ever (br $ever))))
    (if (i32.eq (local.get $size) (i32.const 8)) (then (return (i32.const 4097))))
    (if (i32.eq (local.get $size) (i32.const 16)) (then (return (i32.const 0))))
    (global.set $free (i32.add (global.get $free) (local.get $size)))
    (i32.sub (global.get $free) (local.get $size)))
  (func $ret (param i32 i32) (result i32)
    (i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1)) (i32.const 16))
  (data (i32.const 2048) "${'\\00\\80\\00\\00\\00\\70\\00\\00'.repeat(3500)}")
  ${results
    .map(([name, , body]) => `(func (export "test:hostile/values#${name}") (result i32) ${body})`)
    .join('\n  ')}
  (func (export "test:hostile/values#aliased") (result i32) ${ret(2048, 3500)})
  (func (export "test:hostile/values#endless") (result i32)
    (drop (memory.grow (i32.const 1000))) ${ret(0, 60_000_000)})
  (func (export "test:hostile/values#bits") (result i32) (i32.const -1))
  (func (export "test:hostile/values#mark") (result i32) ${put('0x41bfbbef')} ${ret(1024, 4)})
  (func (export "test:hostile/values#give") (param i32 i32) (result i32) (local.get 0))
  (func (export "test:hostile/values#give-words") (param i32 i32) (result i32) (local.get 0))
  (func (export "test:hostile/values#give-texts") (param i32 i32) (result i32) (local.get 1)))`;

let bench: Bench;
let skill: string;
beforeAll(async () => {
  bench = await openBench();
  const path = join(bench.folder, 'hostile.wasm');
  writeFileSync(path, await coreComponent(wat, wit, 'guest'));
  skill = (await bench.engine.load(path, { limits: { fuel: 100_000_000, timeoutMs: 20_000 } }))[0]!
    .name;
});
afterAll(() => bench[Symbol.asyncDispose]());

const run = (tool: string, parameters: unknown = {}) =>
  bench.engine.execute(skill, `values_${tool}`, parameters);

describe('what comes back', () => {
  it.each(results.map(([name, type]) => [name, type] as const))('%s of %s traps', async (name) => {
    await expectFailure(bench.engine, await run(name), 'GUEST_TRAP');
    expect(await run('bits')).toMatchObject({ ok: true, value: 4_294_967_295 });
  });

  it('keeps a byte order mark, which is a character like others', async () => {
    expect(await run('mark')).toMatchObject({ ok: true, value: '\ufeffA' });
  });

  it('does not multiply: 3500 names of one text of 28 KiB end at a limit', async () => {
    const { error } = await run('aliased');
    expect(['OUTPUT_LIMIT', 'MEMORY_LIMIT']).toContain(error?.code);
    expect(await run('bits')).toMatchObject({ ok: true });
  });

  it('takes no longer than it may: sixty million items end at a limit', async () => {
    const { error } = await run('endless');
    expect(['OUTPUT_LIMIT', 'MEMORY_LIMIT', 'TIMEOUT']).toContain(error?.code);
    expect(await run('bits')).toMatchObject({ ok: true });
  });
});

describe('where the guest says that what it is given shall stand', () => {
  it.each([
    ['at the last address', 1],
    ['at a negative address', 2],
    ['across the end of its memory', 3],
    ['nowhere: it traps instead', 5],
  ])('%s', async (_, length) => {
    await expectFailure(
      bench.engine,
      await run('give', { text: 'x'.repeat(length) }),
      'GUEST_TRAP',
    );
    expect(await run('bits')).toMatchObject({ ok: true });
  });

  it('in memory that it grows meanwhile', async () => {
    expect(await run('give', { text: 'xxxx' })).toMatchObject({ ok: true, value: 65_536 });
  });

  it('never: it does not come back', async () => {
    await expectFailure(bench.engine, await run('give', { text: 'xxxxxx' }), 'FUEL_EXHAUSTED');
  });

  it('at an address that is not aligned: generated code takes that, and it is the memory of the guest alone', async () => {
    expect(await run('give-words', { words: [1, 2] })).toMatchObject({ ok: true, value: 4097 });
  });

  it('all in one place, over its own answer', async () => {
    const texts = ['x'.repeat(16), 'y'.repeat(16)];
    expect(await run('give-texts', { texts })).toMatchObject({ ok: true, value: 2 });
  });
});
