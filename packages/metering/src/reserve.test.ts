import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { describe, expect, it } from 'vitest';
import { reserveMemory, type Reservation } from './reserve.ts';

interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly size: () => number;
  readonly reserved: (old: number, oldSize: number, align: number, size: number) => number;
}

async function reserve(text: string, more: Partial<Reservation> = {}): Promise<Exports> {
  const bytes = await parse(text);
  const changed = reserveMemory(bytes, { name: 'reserved', pages: 2, ...more });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(changed.slice()));
  return instance.exports as unknown as Exports;
}

const module = (rest = '', memory = '(memory (export "memory") 3)') =>
  `(module ${memory} (func (export "size") (result i32) memory.size) ${rest})`;

describe('memory behind what a module declares', () => {
  it("is none of the module's own, whatever it asks", async () => {
    const { memory, size } = await reserve(module());
    expect(memory.buffer.byteLength).toBe(5 * 65_536);
    expect(size()).toBe(3);
    memory.grow(4);
    expect(size()).toBe(7);
  });

  it('is handed out aligned, never twice, and not beyond its end', async () => {
    const { reserved } = await reserve(module());
    const [start, end] = [3 * 65_536, 5 * 65_536];
    expect(reserved(0, 0, 1, 3)).toBe(start + 16);
    expect(reserved(0, 0, 8, 8)).toBe(start + 24);
    expect(reserved(0, 0, 65_536, 65_536)).toBe(start + 65_536);
    expect(() => reserved(0, 0, 1, 1)).toThrow(WebAssembly.RuntimeError);
    expect(() => reserved(0, 0, 1 << 20, 0)).toThrow(WebAssembly.RuntimeError);
    expect(() => reserved(0, 0, 1, -1)).toThrow(WebAssembly.RuntimeError);
    expect(reserved(0, 0, 1, 0)).toBe(end);
  });

  it('raises a declared maximum, too', async () => {
    const { memory } = await reserve(module('', '(memory (export "memory") 1 1)'));
    expect(() => memory.grow(1)).toThrow(RangeError);
  });
});

it('is where it is said to be, and counted, when the module leaves it alone', async () => {
  const { size, reserved } = await reserve(module(), { start: 65_536 });
  expect(size()).toBe(5);
  expect(reserved(0, 0, 4, 4)).toBe(65_536 + 16);
});

it('finds memory.size among all that instructions carry', async () => {
  // 0x3f 0x00 stands in constants, memory arguments, a select type and jump tables too; only the instruction counts.
  const odd = `(func (export "odd") (param i32) (result i32) (local i64 f64)
    (block $a (block $b (br_table $a $b $a (local.get 0))))
    (drop (i32.const 63)) (drop (i64.const 0x3f00)) (drop (f64.const 0x1.03f003f003f00p+5))
    (drop (v128.const i32x4 0x3f003f00 0x3f003f00 0x3f003f00 0x3f003f00))
    (drop (select (result i32) (i32.const 0) (i32.const 63) (local.get 0)))
    (i32.store offset=63 (i32.const 0) (i32.const 63))
    (memory.fill (i32.const 0) (i32.const 63) (i32.const 0))
    (loop $again (br_if $again (i32.const 0)))
    (i32.add (memory.size) (memory.grow (i32.const 0))))`;
  const exports = (await reserve(module(odd))) as unknown as { odd: (x: number) => number };
  // The size is hidden, what growing says is the true end: that is where new memory begins.
  expect(exports.odd(1)).toBe(3 + 5);
});

it('leaves a module alone that has its own such function, and refuses what it cannot do', async () => {
  const own = await parse(module('(func (export "reserved"))'));
  expect(reserveMemory(own, { name: 'reserved', pages: 2 })).toBe(own);
  for (const text of [
    '(module (func (export "size")))',
    '(module (import "a" "m" (memory 1)) (func (export "size")))',
    module('', '(memory (export "memory") 65535)'),
  ]) {
    const bytes = await parse(text);
    expect(() => reserveMemory(bytes, { name: 'reserved', pages: 2 })).toThrow(/memory/);
  }
  const bytes = await parse(module());
  expect(() => reserveMemory(bytes, { name: 'r', pages: 2, start: 4 * 65_536 })).toThrow('no room');
});
