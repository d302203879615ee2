/// <reference lib="dom" />
/**
 * Every opcode, one function each: the same results before and after metering, to the bit, and the price of the table.
 * The signatures come from the specification, so V8's own validation checks them.
 */
import { COSTS, FuelMeter, meter } from '@skill-engine/metering';
import { describe, expect, test } from 'vitest';
import { leb, section, vector } from './generated/assemble.ts';
import { callExact } from './spec/caller.ts';

const NAMES: Readonly<Record<string, string>> = {
  i: 'i32',
  l: 'i64',
  f: 'f32',
  d: 'f64',
  v: 'v128',
};
const CODES: Readonly<Record<string, number>> = { i: 0x7f, l: 0x7e, f: 0x7d, d: 0x7c, v: 0x7b };

interface Opcode {
  readonly bytes: readonly number[];
  /** Operands, `>`, results. */
  readonly type: string;
  readonly cost: number;
}

const DIVISIONS = new Set([0x6d, 0x6e, 0x6f, 0x70, 0x7f, 0x80, 0x81, 0x82, 0x91, 0x95, 0x9f, 0xa3]);

function range(
  from: number,
  to: number,
  type: string,
  immediates: readonly number[] = [],
): Opcode[] {
  return Array.from({ length: to - from + 1 }, (_, i) => ({
    bytes: [from + i, ...immediates],
    type,
    cost: DIVISIONS.has(from + i) ? COSTS.division : COSTS.instruction,
  }));
}

const MEMARG = [0, 8];
const NUMERIC: readonly Opcode[] = [
  ...range(0x45, 0x45, 'i>i'),
  ...range(0x46, 0x4f, 'ii>i'),
  ...range(0x50, 0x50, 'l>i'),
  ...range(0x51, 0x5a, 'll>i'),
  ...range(0x5b, 0x60, 'ff>i'),
  ...range(0x61, 0x66, 'dd>i'),
  ...range(0x67, 0x69, 'i>i'),
  ...range(0x6a, 0x78, 'ii>i'),
  ...range(0x79, 0x7b, 'l>l'),
  ...range(0x7c, 0x8a, 'll>l'),
  ...range(0x8b, 0x91, 'f>f'),
  ...range(0x92, 0x98, 'ff>f'),
  ...range(0x99, 0x9f, 'd>d'),
  ...range(0xa0, 0xa6, 'dd>d'),
  ...range(0xa7, 0xa7, 'l>i'),
  ...range(0xa8, 0xa9, 'f>i'),
  ...range(0xaa, 0xab, 'd>i'),
  ...range(0xac, 0xad, 'i>l'),
  ...range(0xae, 0xaf, 'f>l'),
  ...range(0xb0, 0xb1, 'd>l'),
  ...range(0xb2, 0xb3, 'i>f'),
  ...range(0xb4, 0xb5, 'l>f'),
  ...range(0xb6, 0xb6, 'd>f'),
  ...range(0xb7, 0xb8, 'i>d'),
  ...range(0xb9, 0xba, 'l>d'),
  ...range(0xbb, 0xbb, 'f>d'),
  ...range(0xbc, 0xbc, 'f>i'),
  ...range(0xbd, 0xbd, 'd>l'),
  ...range(0xbe, 0xbe, 'i>f'),
  ...range(0xbf, 0xbf, 'l>d'),
  ...range(0xc0, 0xc1, 'i>i'),
  ...range(0xc2, 0xc4, 'l>l'),
  ...range(0x1b, 0x1b, 'lli>l'),
  ...range(0x1c, 0x1c, 'ffi>f', [1, 0x7d]),
  ...range(0x3f, 0x3f, '>i', [0]),
  ...range(0x28, 0x28, 'i>i', MEMARG),
  ...range(0x29, 0x29, 'i>l', MEMARG),
  ...range(0x2a, 0x2a, 'i>f', MEMARG),
  ...range(0x2b, 0x2b, 'i>d', MEMARG),
  ...range(0x2c, 0x2f, 'i>i', MEMARG),
  ...range(0x30, 0x35, 'i>l', MEMARG),
  ...range(0x36, 0x36, 'ii>', MEMARG),
  ...range(0x37, 0x37, 'il>', MEMARG),
  ...range(0x38, 0x38, 'if>', MEMARG),
  ...range(0x39, 0x39, 'id>', MEMARG),
  ...range(0x3a, 0x3b, 'ii>', MEMARG),
  ...range(0x3c, 0x3e, 'il>', MEMARG),
];

const SATURATING: readonly Opcode[] = ['f>i', 'f>i', 'd>i', 'd>i', 'f>l', 'f>l', 'd>l', 'd>l'].map(
  (type, sub) => ({
    bytes: [0xfc, sub],
    type,
    cost: 1,
  }),
);

const within = (op: number, list: readonly (number | readonly [number, number])[]): boolean =>
  list.some((entry) =>
    typeof entry === 'number' ? entry === op : op >= entry[0] && op <= entry[1],
  );

const HOLES = [
  0x9a, 0xa2, 0xa5, 0xa6, 0xaf, 0xb0, 0xb2, 0xb3, 0xb4, 0xbb, 0xc2, 0xc5, 0xc6, 0xcf, 0xd0, 0xd2,
  0xd3, 0xd4, 0xe2, 0xee,
];
const UNARY = [
  0x4d,
  [0x5e, 0x62],
  [0x67, 0x6a],
  0x74,
  0x75,
  0x7a,
  [0x7c, 0x81],
  [0x87, 0x8a],
  0x94,
  0xa0,
  0xa1,
  [0xa7, 0xaa],
  0xc0,
  0xc1,
  [0xc7, 0xca],
  0xe0,
  0xe1,
  0xe3,
  0xec,
  0xed,
  0xef,
  [0xf8, 0xff],
  [0x101, 0x104],
] as const;

function vectorOpcode(op: number): Opcode {
  const prefix = [0xfd, ...leb(op)];
  const plain = (type: string, ...immediates: number[]): Opcode => ({
    bytes: [...prefix, ...immediates],
    type,
    cost: 1,
  });
  if (op <= 0x0a || op === 0x5c || op === 0x5d) return plain('i>v', ...MEMARG);
  if (op === 0x0b) return plain('iv>', ...MEMARG);
  if (op === 0x0c) return plain('>v', ...Array.from({ length: 16 }, (_, i) => i * 17));
  if (op === 0x0d) return plain('vv>v', ...Array.from({ length: 16 }, (_, i) => (i * 7) % 32));
  if (within(op, [[0x0f, 0x14]])) return plain(`${'iiilfd'[op - 0x0f]}>v`);
  if (within(op, [[0x15, 0x22]])) {
    const lane = 'iiiiiiiillffdd'[op - 0x15] as string;
    return plain(within(op, [0x17, 0x1a, 0x1c, 0x1e, 0x20, 0x22]) ? `v${lane}>v` : `v>${lane}`, 1);
  }
  if (within(op, [[0x54, 0x57]])) return plain('iv>v', ...MEMARG, 1);
  if (within(op, [[0x58, 0x5b]])) return plain('iv>', ...MEMARG, 1);
  if (within(op, [0x53, 0x63, 0x64, 0x83, 0x84, 0xa3, 0xa4, 0xc3, 0xc4])) return plain('v>i');
  if (
    within(op, [
      [0x6b, 0x6d],
      [0x8b, 0x8d],
      [0xab, 0xad],
      [0xcb, 0xcd],
    ])
  )
    return plain('vi>v');
  if (within(op, [0x52, [0x105, 0x10c], 0x113])) return plain('vvv>v');
  return plain(within(op, UNARY) ? 'v>v' : 'vv>v');
}

const VECTOR = Array.from({ length: 0x114 }, (_, op) => op)
  .filter((op) => !HOLES.includes(op))
  .map(vectorOpcode);

/** One exported function per opcode, over a memory with recognisable bytes. */
function moduleOf(opcodes: readonly Opcode[]): Uint8Array<ArrayBuffer> {
  const types = opcodes.map(({ type }) => {
    const [params = '', results = ''] = type.split('>');
    return [
      0x60,
      ...vector([...params].map((c) => CODES[c] as number)),
      ...vector([...results].map((c) => CODES[c] as number)),
    ];
  });
  const bodies = opcodes.map(({ bytes, type }) => {
    const params = type.indexOf('>');
    return vector([
      0,
      ...Array.from({ length: params }, (_, i) => [0x20, i]).flat(),
      ...bytes,
      0x0b,
    ]);
  });
  const indices = opcodes.map((_, i) => leb(i));
  const data = Array.from({ length: 64 }, (_, i) => (i * 37 + 11) & 255);
  return Uint8Array.from([
    0,
    0x61,
    0x73,
    0x6d,
    1,
    0,
    0,
    0,
    ...section(1, [...leb(types.length), ...types.flat()]),
    ...section(3, [...leb(indices.length), ...indices.flat()]),
    ...section(5, [1, 1, 1, 2]),
    ...section(7, [
      ...leb(indices.length + 1),
      1,
      0x6d,
      2,
      0,
      ...indices.flatMap((index, i) => [...name(String(i)), 0, ...index]),
    ]),
    ...section(10, [...leb(bodies.length), ...bodies.flat()]),
    ...section(11, [1, 0, 0x41, 0, 0x0b, ...vector(data)]),
  ]);
}

const name = (text: string): number[] => vector([...text].map((c) => c.charCodeAt(0)));

const VALUES: Readonly<Record<string, readonly bigint[]>> = {
  i: [0n, 1n, 7n, 0xffff_ffffn, 0x8000_0000n],
  l: [0n, 3n, 0xffff_ffff_ffff_ffffn, 1n << 63n, 0x1234_5678_9abcn],
  f: [0n, 0x3fc0_0000n, 0xc120_0000n, 0x7f80_0000n, 0x4b80_0001n],
  d: [
    0n,
    0x3ff8_0000_0000_0000n,
    0xc024_0000_0000_0000n,
    0x7ff0_0000_0000_0000n,
    0x4170_0000_0000_0001n,
  ],
  v: [
    0n,
    (1n << 128n) - 1n,
    0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10n,
    0x3ff8_0000_0000_0000_c024_0000_0000_0000n,
    0x7fn << 64n,
  ],
};

function outcome(call: () => unknown[]): string {
  try {
    return call().join();
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    return 'trap';
  }
}

describe.each([
  ['numbers and memory', NUMERIC],
  ['saturating conversions', SATURATING],
  ['vectors, relaxed ones included', VECTOR],
])('%s', (_, opcodes) => {
  const bytes = moduleOf(opcodes);
  const plain = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
  const counters = new FuelMeter({ fuel: 1n << 40n, memoryBytes: 1 << 20 });
  // Some of these trap, and each has to be seen to cost what it does.
  const rewritten = meter(bytes, { exactTraps: true }).bytes;
  const metered = counters.instantiate(new WebAssembly.Module(rewritten)).exports;

  test.each(
    opcodes.map((opcode, i) => ({
      opcode,
      i,
      hex: opcode.bytes.map((b) => b.toString(16)).join(' '),
    })),
  )('opcode $hex', ({ opcode, i }) => {
    const [params = '', results = ''] = opcode.type.split('>');
    const signature = {
      parameters: [...params].map((c) => NAMES[c] as string),
      results: [...results].map((c) => NAMES[c] as string),
    };
    for (let round = 0; round < 25; round++) {
      const args = [...params].map(
        (c, k) => (VALUES[c] as readonly bigint[])[(k === 0 ? round : Math.floor(round / 5)) % 5],
      );
      const want = outcome(() => callExact(plain[String(i)], signature, args));
      const before = counters.fuelUsed;
      expect(outcome(() => callExact(metered[String(i)], signature, args))).toBe(want);
      expect(Number(counters.fuelUsed - before)).toBe(params.length + opcode.cost);
    }
    const memoryOf = (exports: Record<string, unknown>): Uint8Array =>
      new Uint8Array((exports['m'] as WebAssembly.Memory).buffer);
    expect(Buffer.compare(memoryOf(plain), memoryOf(metered as Record<string, unknown>))).toBe(0);
  });
});
