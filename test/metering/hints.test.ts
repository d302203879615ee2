/// <reference lib="dom" />
/** The section that names the arms that are hardly ever taken: every offset in it is an `if` of that very function. */
import { meter } from '@skill-engine/metering';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { wat } from './build.ts';
import { assemble, leb, section, vector } from './generated/assemble.ts';
import { programs } from './generated/program.ts';

const HINTS = 'metadata.code.branch_hint';

class Cursor {
  pos: number;
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array, pos = 0) {
    this.bytes = bytes;
    this.pos = pos;
  }

  u8(): number {
    return this.bytes[this.pos++] ?? Number.NaN;
  }

  u32(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      if (Number.isNaN(byte)) throw new RangeError('behind the end');
    }
  }

  name(): string {
    const length = this.u32();
    this.pos += length;
    return new TextDecoder().decode(this.bytes.subarray(this.pos - length, this.pos));
  }
}

interface Hinted {
  readonly sections: number;
  readonly beforeCode: boolean;
  readonly hints: number;
}

/** Fails where a hint names something else than an `if`, or where they do not ascend. */
function readHints(bytes: Uint8Array): Hinted {
  const found: Cursor[] = [];
  const bodies: [number, number][] = [];
  let imported = 0;
  let beforeCode = true;
  const r = new Cursor(bytes, 8);
  while (r.pos < bytes.length) {
    const id = r.u8();
    const size = r.u32();
    const end = r.pos + size;
    if (id === 0 && r.name() === HINTS) {
      found.push(new Cursor(bytes.subarray(0, end), r.pos));
      beforeCode &&= bodies.length === 0;
    }
    if (id === 10) {
      for (let left = r.u32(); left > 0; left--) {
        const length = r.u32();
        bodies.push([r.pos, r.pos + length]);
        r.pos += length;
      }
    }
    r.pos = end;
  }
  const module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
  imported = WebAssembly.Module.imports(module).filter(({ kind }) => kind === 'function').length;
  let hints = 0;
  for (const each of found) {
    let last = -1;
    for (let functions = each.u32(); functions > 0; functions--) {
      const index = each.u32();
      expect(index).toBeGreaterThan(last);
      last = index;
      const [start, end] = bodies[index - imported] ?? [0, 0];
      let offset = 0;
      for (let count = each.u32(); count > 0; count--, hints++) {
        const next = each.u32();
        expect(next).toBeGreaterThan(offset);
        offset = next;
        expect(start + offset).toBeLessThan(end);
        // What is compared with zero, and an `if` without a type.
        expect([0x50, 0x53, 0x59]).toContain(bytes[start + offset - 1]);
        expect([...bytes.subarray(start + offset, start + offset + 2)]).toEqual([0x04, 0x40]);
        expect([each.u8(), each.u8()]).toEqual([1, 0]);
      }
    }
    expect(each.pos).toBe(each.bytes.length);
  }
  return { sections: found.length, beforeCode, hints };
}

test.each([
  ['plain programs', { exceptions: false, traps: true, faults: false }],
  ['programs that throw', { exceptions: true, traps: true, faults: false }],
])('every hint is an `if`: %s', (_, features) => {
  let hints = 0;
  for (const program of fc.sample(programs(features), { numRuns: 150, seed: 4 })) {
    for (const exactTraps of [false, true]) {
      const read = readHints(meter(assemble(program), { exactTraps }).bytes);
      expect(read).toMatchObject({ sections: 1, beforeCode: true });
      hints += read.hints;
    }
  }
  expect(hints).toBeGreaterThan(1_000);
});

describe('every hint is an `if`, whatever stands around it', () => {
  const loop = '(loop $l (br_if $l (local.get 0)))';

  test.each([
    ['copies', `(func (export "f") (param i32) ${loop})`],
    [
      'many locals',
      `(func $f (param i32) (local ${'i32 '.repeat(200)}) (local.set 150 (local.get 130)) ${loop} (call $f (local.get 150)))`,
    ],
    [
      'imports',
      `(import "h" "h" (func $h)) (func (export "f") (param i32) (loop $l (call $h) (br_if $l (local.get 0))))`,
    ],
    [
      'a region',
      '(func (export "f") (param i32) (loop $l (block $b (br_table $l $b (local.get 0)))))',
    ],
    [
      'functions without hints between',
      `(func (export "f") (param i32) ${loop}) (func) (func (param i32) ${loop})`,
    ],
    [
      'a frame',
      '(func $f (export "f") (param i32) (if (local.get 0) (then (call $f (i32.const 0)) (nop))))',
    ],
  ])('%s', async (_, body) => {
    const read = readHints(meter(await wat(`(module ${body})`)).bytes);
    expect(read).toMatchObject({ sections: 1, beforeCode: true });
    expect(read.hints).toBeGreaterThan(0);
  });

  test('indices of locals that are written in five bytes', () => {
    const far = [0x82, 0x80, 0x80, 0x80, 0x00];
    const body = [
      1,
      ...leb(3),
      0x7f,
      0x20,
      ...far,
      0x21,
      ...far,
      0x03,
      0x40,
      0x20,
      ...far,
      0x0d,
      0,
      0x0b,
      0x20,
      0,
      0x10,
      0,
      0x0b,
    ];
    const bytes = module(body, []);
    expect(readHints(meter(bytes).bytes).hints).toBeGreaterThan(0);
  });

  test('a section that the guest brings is not passed on', () => {
    const body = [0, 0x03, 0x40, 0x20, 0, 0x0d, 0, 0x0b, 0x20, 0, 0x0b];
    const name = [...new TextEncoder().encode(HINTS)];
    const hints = section(0, [leb(name.length), name, [1, 0, 1, 5, 1, 1]].flat());
    expect(readHints(meter(module(body, hints)).bytes).sections).toBe(1);
  });

  test('modules without code, and with no function in it', async () => {
    expect(readHints(meter(await wat('(module (memory 1))')).bytes).sections).toBe(0);
    const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 3, 1, 0, 10, 1, 0);
    expect(readHints(meter(empty).bytes)).toMatchObject({ hints: 0, beforeCode: true });
  });
});

/** One function `(i32) -> (i32)`, exported as `f`. */
function module(body: readonly number[], custom: readonly number[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(
    [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0].concat(
      section(1, [1, 0x60, 1, 0x7f, 1, 0x7f]),
      section(3, [1, 0]),
      section(7, [1, 1, 0x66, 0, 0]),
      custom,
      section(10, [1, ...vector(body)]),
    ),
  );
}
