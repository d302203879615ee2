/// <reference lib="dom" />
import { describe, expect, test } from 'vitest';
import {
  DEFAULT_LIMITS,
  METERING_CODES,
  MeteringError,
  meter,
  meterComponent,
  type MeteringLimits,
} from './index.ts';

const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const leb = (value: number): number[] =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(Math.floor(value / 128))];
const vector = (items: readonly number[]): number[] => [...leb(items.length), ...items];
const section = (id: number, ...body: readonly number[]): number[] => [id, ...vector(body)];
const module_ = (...sections: readonly (readonly number[])[]): Uint8Array =>
  Uint8Array.from([...HEADER, ...sections.flat()]);
const repeat = (count: number, ...bytes: readonly number[]): number[] =>
  Array.from({ length: count }, () => bytes).flat();

const TYPE = section(1, 1, 0x60, 0, 0);
const FUNCTION = section(3, 1, 0);
const MEMORY = section(5, 1, 0, 1);
const body = (...code: readonly number[]): Uint8Array =>
  module_(
    TYPE,
    FUNCTION,
    section(4, 1, 0x70, 0, 1),
    MEMORY,
    section(10, 1, ...vector([0, ...code, 0x0b])),
  );

/** Like `body`, for code too long to be spread into arguments. */
const longBody = (code: readonly number[]): Uint8Array =>
  module_(TYPE, FUNCTION, [10, ...vector([1, ...vector([0, ...code, 0x0b])])]);

/** Offset of the first instruction of `body`. */
const CODE = 34;

function refusal(bytes: Uint8Array, limits: Partial<MeteringLimits> = {}): MeteringError {
  try {
    meter(bytes, { limits });
  } catch (error) {
    if (error instanceof MeteringError) return error;
    throw error;
  }
  throw new Error('it was metered');
}

describe('what escapes the meters is refused, with its place', () => {
  test.each([
    ['a struct type', module_(section(1, 1, 0x5f, 0)), 'FEATURE_GC', 11],
    ['an array type', module_(section(1, 1, 0x5e, 0x7f, 0)), 'FEATURE_GC', 11],
    ['a recursion group', module_(section(1, 1, 0x4e, 1, 0x60, 0, 0)), 'FEATURE_GC', 11],
    ['a subtype', module_(section(1, 1, 0x50, 0, 0x60, 0, 0)), 'FEATURE_GC', 11],
    ['an any reference', module_(section(1, 1, 0x60, 1, 0x6e, 0)), 'FEATURE_GC', 13],
    ['an i31 reference in a table', module_(section(4, 1, 0x6c, 0, 1)), 'FEATURE_GC', 11],
    ['struct.new', body(0xfb, 0x00, 0x00, 0x1a), 'FEATURE_GC', CODE],
    ['ref.eq', body(0xd3), 'FEATURE_GC', CODE],
    [
      'array.new in a constant',
      module_(section(6, 1, 0x7f, 0, 0x41, 0, 0xfb, 7, 0, 0x0b)),
      'FEATURE_GC',
      15,
    ],
    [
      'memory.atomic.wait32',
      body(0x41, 0, 0x41, 0, 0x42, 0, 0xfe, 0x01, 2, 0, 0x1a),
      'FEATURE_THREADS',
      CODE + 6,
    ],
    ['atomic.fence', body(0xfe, 0x03, 0), 'FEATURE_THREADS', CODE],
    ['a shared memory', module_(section(5, 1, 3, 1, 2)), 'FEATURE_SHARED', 11],
    [
      'an imported shared memory',
      module_(section(2, 1, 1, 0x61, 1, 0x62, 2, 3, 1, 2)),
      'FEATURE_SHARED',
      16,
    ],
    ['a shared global', module_(section(6, 1, 0x7f, 3, 0x41, 0, 0x0b)), 'FEATURE_SHARED', 12],
    ['a continuation type', module_(section(1, 1, 0x5d, 0)), 'FEATURE_STACK_SWITCHING', 11],
    ['resume', body(0xe3, 0, 0), 'FEATURE_STACK_SWITCHING', CODE],
    ['pages of one byte', module_(section(5, 1, 8, 1, 0)), 'FEATURE_CUSTOM_PAGE_SIZES', 11],
    ['an unknown opcode', body(0xf0), 'FEATURE_UNKNOWN', CODE],
    ['an unknown opcode behind 0xfc', body(0xfc, 0x7f), 'FEATURE_UNKNOWN', CODE],
    ['an unknown vector opcode', body(0xfd, 0x94, 2), 'FEATURE_UNKNOWN', CODE],
    ['an unknown section', module_(section(14, 0)), 'FEATURE_UNKNOWN', 8],
    [
      'an unknown kind of import',
      module_(section(2, 1, 1, 0x61, 1, 0x62, 7)),
      'FEATURE_UNKNOWN',
      15,
    ],
    ['a truncated section', Uint8Array.from([...HEADER, 1, 50, 1]), 'MALFORMED', 10],
    ['a component', Uint8Array.from([0, 0x61, 0x73, 0x6d, 13, 0, 1, 0]), 'MALFORMED', 0],
    ['sections out of order', module_(FUNCTION, TYPE), 'MALFORMED', 11],
    ['a function without a body', module_(TYPE, FUNCTION), 'MALFORMED', 18],
    ['a body without an end', module_(TYPE, FUNCTION, section(10, 1, 2, 0, 1)), 'MALFORMED', 24],
    ['a branch out of the function', body(0x0c, 1), 'MALFORMED', CODE],
    ['a number of eleven bytes', body(0x42, ...repeat(10, 0x80), 0, 0x1a), 'MALFORMED', CODE + 1],
  ])('%s', (_, bytes, code, offset) => {
    const error = refusal(bytes);
    expect({ code: error.code, offset: error.offset }).toEqual({ code, offset });
    expect(METERING_CODES).toContain(error.code);
  });

  test('the module of a component is named', () => {
    const modules = new Map([
      ['good', module_()],
      ['bad', module_(section(5, 1, 3, 1, 2))],
    ]);
    expect(() => meterComponent(modules)).toThrow(
      expect.objectContaining({
        module: 'bad',
        code: 'FEATURE_SHARED',
        message: expect.stringMatching(/^module bad: .* \(at byte 11\)$/),
      }),
    );
  });
});

describe('structural bounds', () => {
  const manyFunctions = (count: number): Uint8Array =>
    module_(
      TYPE,
      section(3, ...leb(count), ...repeat(count, 0)),
      section(10, ...leb(count), ...repeat(count, 2, 0, 0x0b)),
    );
  const cases: Record<
    keyof MeteringLimits,
    [atTheBound: Uint8Array, beyond: Uint8Array, limits: Partial<MeteringLimits>]
  > = {
    moduleBytes: [module_(), module_(section(0, 1, 0x61)), { moduleBytes: 8 }],
    types: [
      module_(section(1, 2, ...repeat(2, 0x60, 0, 0))),
      module_(section(1, 3, ...repeat(3, 0x60, 0, 0))),
      { types: 2 },
    ],
    typeArity: [
      module_(section(1, 1, 0x60, 2, 0x7f, 0x7f, 0)),
      module_(section(1, 1, 0x60, 0, 3, 0x7f, 0x7f, 0x7f)),
      { typeArity: 2 },
    ],
    imports: [
      module_(section(2, 1, 1, 0x61, 0, 3, 0x7f, 0)),
      module_(section(2, 2, ...repeat(2, 1, 0x61, 0, 3, 0x7f, 0))),
      { imports: 1 },
    ],
    functions: [manyFunctions(2), manyFunctions(3), { functions: 2 }],
    tables: [
      module_(section(4, 1, 0x70, 0, 0)),
      module_(section(4, 2, 0x70, 0, 0, 0x70, 0, 0)),
      { tables: 1 },
    ],
    tableElements: [
      module_(section(4, 1, 0x70, 0, 5)),
      module_(section(4, 1, 0x70, 0, 6)),
      { tableElements: 5 },
    ],
    memories: [MEMORY, [5, 5, 2, 0, 1, 0, 1]].map((bytes) => module_(bytes)) as never,
    memoryPages: [module_(section(5, 1, 0, 5)), module_(section(5, 1, 0, 6)), { memoryPages: 5 }],
    globals: [
      module_(section(6, 1, 0x7f, 0, 0x41, 0, 0x0b)),
      module_(section(6, 2, ...repeat(2, 0x7f, 0, 0x41, 0, 0x0b))),
      { globals: 1 },
    ],
    tags: [
      module_(TYPE, section(13, 1, 0, 0)),
      module_(TYPE, section(13, 2, 0, 0, 0, 0)),
      { tags: 1 },
    ],
    exports: [
      module_(MEMORY, section(7, 1, 1, 0x61, 2, 0)),
      module_(MEMORY, section(7, 2, 1, 0x61, 2, 0, 1, 0x62, 2, 0)),
      { exports: 1 },
    ],
    elementSegments: [
      module_(section(9, 1, 1, 0, 0)),
      module_(section(9, 2, 1, 0, 0, 1, 0, 0)),
      { elementSegments: 1 },
    ],
    elements: [
      module_(TYPE, FUNCTION, section(9, 1, 1, 0, 2, 0, 0), section(10, 1, 2, 0, 0x0b)),
      module_(TYPE, FUNCTION, section(9, 2, 1, 0, 2, 0, 0, 1, 0, 1, 0), section(10, 1, 2, 0, 0x0b)),
      { elements: 2 },
    ],
    dataSegments: [
      module_(section(11, 1, 1, 0)),
      module_(section(11, 2, 1, 0, 1, 0)),
      { dataSegments: 1 },
    ],
    bodyBytes: [body(1, 1), body(1, 1, 1), { bodyBytes: 4 }],
    locals: [
      module_(TYPE, FUNCTION, section(10, 1, ...vector([1, 5, 0x7f, 0x0b]))),
      module_(TYPE, FUNCTION, section(10, 1, ...vector([2, 5, 0x7f, 1, 0x7e, 0x0b]))),
      { locals: 5 },
    ],
    blockDepth: [
      body(...repeat(3, 2, 0x40), ...repeat(3, 0x0b)),
      body(...repeat(4, 2, 0x40), ...repeat(4, 0x0b)),
      { blockDepth: 4 },
    ],
    branchTableEntries: [
      body(0x41, 0, 0x0e, 2, 0, 0, 0),
      body(0x41, 0, 0x0e, 3, 0, 0, 0, 0),
      { branchTableEntries: 2 },
    ],
    localsTimesBlocks: [
      module_(TYPE, FUNCTION, section(10, 1, ...vector([1, 5, 0x7f, 2, 0x40, 0x0b, 0x0b]))),
      module_(
        TYPE,
        FUNCTION,
        section(10, 1, ...vector([1, 5, 0x7f, 2, 0x40, 0x0b, 2, 0x40, 0x0b, 0x0b])),
      ),
      { localsTimesBlocks: 5 },
    ],
  };

  test.each(Object.entries(cases))('%s', (name, [atTheBound, beyond, limits = { memories: 1 }]) => {
    expect(() => meter(atTheBound, { limits })).not.toThrow();
    const error = refusal(beyond, limits);
    expect({ code: error.code, limit: error.limit }).toEqual({
      code: 'LIMIT_EXCEEDED',
      limit: name,
    });
  });

  test('every bound is tried above', () => {
    expect(Object.keys(cases).sort()).toEqual(Object.keys(DEFAULT_LIMITS).sort());
  });

  test('counts are claims: nothing is allocated for four thousand million entries', () => {
    const claim = [0xff, 0xff, 0xff, 0xff, 0x0f];
    for (const id of [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 13]) {
      const error = refusal(module_(section(id, ...claim)));
      expect(error.code, `section ${id}`).toBe('LIMIT_EXCEEDED');
    }
    expect(
      refusal(module_(TYPE, FUNCTION, section(10, 1, ...vector([1, ...claim, 0x7f, 0x0b])))).limit,
    ).toBe('locals');
    expect(refusal(body(0x41, 0, 0x0e, ...claim)).limit).toBe('branchTableEntries');
  });
});

describe('near the bounds of V8 (CPU-10)', () => {
  const staysValid = (bytes: Uint8Array): boolean => {
    const metered = meter(bytes, { limits: { blockDepth: 100_001 } }).bytes;
    return WebAssembly.validate(metered);
  };
  test('49 990 locals', () => {
    expect(
      staysValid(
        module_(TYPE, FUNCTION, section(10, 1, ...vector([1, ...leb(49_990), 0x7f, 0x0b]))),
      ),
    ).toBe(true);
  });
  test('100 000 nested blocks', () => {
    expect(staysValid(longBody([...repeat(100_000, 2, 0x40), ...repeat(100_000, 0x0b)]))).toBe(
      true,
    );
  });
  test('a function of 150 000 instructions', () => {
    expect(staysValid(longBody(repeat(50_000, 0x41, 1, 0x45, 0x1a)))).toBe(true);
  });
  test('a br_table of 65 000 entries', () => {
    expect(staysValid(longBody([0x41, 0, 0x0e, ...leb(65_000), ...repeat(65_001, 0)]))).toBe(true);
  });
});
