/** Each assertion and matcher, on a skill that keeps to it and on one that does not. */
import { AssertionError } from 'node:assert';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import '../../packages/testing/src/vitest.ts';
import {
  assertDenied,
  assertFails,
  assertFuelBetween,
  assertFuelLike,
  assertMemoryBelow,
  assertNothingDenied,
  assertSucceeds,
  FuelSnapshot,
  type TestResult,
} from '../../packages/testing/src/index.ts';
import { probeTest } from './skill.ts';

const folder = mkdtempSync(join(tmpdir(), 'skill-fuel-'));
afterAll(() => rmSync(folder, { recursive: true }));

let good: TestResult;
let failed: TestResult;
let denied: TestResult;
let exhausted: TestResult;
let dearer: TestResult;
beforeAll(async () => {
  const { run, skill } = await probeTest('filesystem = ["read:/data"]', { fs: { '/data/a': 'a' } });
  good = await run('return { n: 42 }');
  failed = await skill.run('eval', { code: 1 });
  denied = await run(`
    const [[directory]] = wasi.filesystem.preopens.getDirectories();
    return attempt(() => directory.openAt({}, '../x', {}, { read: true }))`);
  exhausted = await skill.run('eval', { code: '' }, { limits: { fuel: 1000 } });
  dearer = await run('for (let at = 0; at < 5000; at += 1) Math.sqrt(at); return { n: 42 }');
});

interface Pair {
  readonly name: string;
  readonly assertion: (result: TestResult) => void;
  readonly matcher: (result: TestResult) => void;
  readonly negated: (result: TestResult) => void;
  readonly keeps: () => TestResult;
  readonly violates: () => TestResult;
  /** What the failure says. */
  readonly says: string;
}

const snapshot = (text?: string, options = {}) => {
  const path = join(folder, `${Math.random()}.json`);
  if (text !== undefined) writeFileSync(path, text);
  return new FuelSnapshot(path, { create: false, update: false, ...options });
};
const goodFuel = () => snapshot(JSON.stringify({ run: good.fuelUsed }));

const pairs: readonly Pair[] = [
  {
    name: 'success',
    assertion: (result) => assertSucceeds(result),
    matcher: (result) => expect(result).toSucceed(),
    negated: (result) => expect(result).not.toSucceed(),
    keeps: () => good,
    violates: () => failed,
    says: 'It failed with INVALID_PARAMETERS',
  },
  {
    name: 'value',
    assertion: (result) => assertSucceeds(result, { value: { n: 42 } }),
    matcher: (result) => expect(result).toSucceedWith({ value: { n: expect.any(Number) } }),
    negated: (result) => expect(result).not.toSucceedWith({ value: { n: 42 } }),
    keeps: () => good,
    violates: () => denied,
    says: 'Expected another value',
  },
  {
    name: 'error code',
    assertion: (result) => assertFails(result, 'INVALID_PARAMETERS'),
    matcher: (result) => expect(result).toFailWith('INVALID_PARAMETERS'),
    negated: (result) => expect(result).not.toFailWith('INVALID_PARAMETERS'),
    keeps: () => failed,
    violates: () => good,
    says: 'Expected a failure with INVALID_PARAMETERS. It succeeded with',
  },
  {
    name: 'another error code',
    assertion: (result) => assertFails(result, 'FUEL_EXHAUSTED'),
    matcher: (result) => expect(result).toFailWith('FUEL_EXHAUSTED'),
    negated: (result) => expect(result).not.toFailWith('FUEL_EXHAUSTED'),
    keeps: () => exhausted,
    violates: () => failed,
    says: 'It failed with INVALID_PARAMETERS',
  },
  {
    name: 'denial',
    assertion: (result) => assertDenied(result, '/x'),
    matcher: (result) => expect(result).toBeDenied('/x'),
    negated: (result) => expect(result).not.toBeDenied(),
    keeps: () => denied,
    violates: () => good,
    says: 'denied: nothing',
  },
  {
    name: 'no denial',
    assertion: (result) => assertNothingDenied(result),
    matcher: (result) => expect(result).not.toBeDenied(),
    negated: (result) => expect(result).toBeDenied('/x'),
    keeps: () => good,
    violates: () => denied,
    says: '/x',
  },
  {
    name: 'fuel between',
    assertion: (result) => assertFuelBetween(result, 1, good.fuelUsed! + 10),
    matcher: (result) => expect(result).toUseFuelBetween(1, good.fuelUsed! + 10),
    negated: (result) => expect(result).not.toUseFuelBetween(1, good.fuelUsed! + 10),
    keeps: () => good,
    violates: () => dearer,
    says: 'units of fuel; it used',
  },
  {
    name: 'fuel as before',
    assertion: (result) => assertFuelLike(result, 'run', goodFuel()),
    matcher: (result) => expect(result).toUseFuelLike(goodFuel(), 'run'),
    negated: (result) => expect(result).not.toUseFuelLike(goodFuel(), 'run'),
    keeps: () => good,
    violates: () => dearer,
    says: '% more than the',
  },
  {
    name: 'memory',
    assertion: (result) => assertMemoryBelow(result, 64 * 1024 * 1024),
    matcher: (result) => expect(result).toUseMemoryBelow(64 * 1024 * 1024),
    negated: (result) => expect(result).not.toUseMemoryBelow(64 * 1024 * 1024),
    keeps: () => good,
    violates: () => ({ ...good, memoryPeakBytes: 65 * 1024 * 1024 }),
    says: 'bytes of memory; it used',
  },
];

describe.each(pairs)('$name', ({ assertion, matcher, negated, keeps, violates, says }) => {
  it('holds', () => {
    expect(() => assertion(keeps())).not.toThrow();
    expect(() => matcher(keeps())).not.toThrow();
    expect(() => negated(keeps())).toThrow(/./);
  });

  it('fails where it is violated, and says how', () => {
    expect(() => assertion(violates())).toThrow(AssertionError);
    expect(() => assertion(violates())).toThrow(says);
    expect(() => matcher(violates())).toThrow(/./);
    expect(() => negated(violates())).not.toThrow();
  });
});

it.each(['fuelUsed', 'memoryPeakBytes'] as const)('knows nothing of a run without %s', (fact) => {
  const unknown = { ...good, [fact]: null };
  const check = {
    fuelUsed: () => assertFuelBetween(unknown, 0, Infinity),
    memoryPeakBytes: () => assertMemoryBelow(unknown, Infinity),
  };
  expect(check[fact]).toThrow('unknown');
});

describe('a fuel snapshot', () => {
  it('is written for a new name, and compared from then on', () => {
    const created = snapshot(undefined, { create: true });
    assertFuelLike(good, 'b', created);
    assertFuelLike(good, 'a', created);
    expect(readFileSync(created.path, 'utf8')).toBe(
      `{\n  "a": ${good.fuelUsed},\n  "b": ${good.fuelUsed}\n}\n`,
    );
    expect(() => assertFuelLike(dearer, 'a', created)).toThrow('SKILL_TEST_UPDATE');
  });

  it('is not written where nothing may be created', () => {
    expect(() => assertFuelLike(good, 'a', snapshot())).toThrow('has no such entry');
  });

  it('finds less fuel, too', () => {
    const before = snapshot(JSON.stringify({ run: dearer.fuelUsed }));
    expect(() => assertFuelLike(good, 'run', before)).toThrow('less than');
  });

  it('lets the tolerance pass, and no more', () => {
    const near = JSON.stringify({ run: Math.round(good.fuelUsed! / 1.02) });
    expect(() => assertFuelLike(good, 'run', snapshot(near))).toThrow('2.0 % more');
    assertFuelLike(good, 'run', snapshot(near, { tolerance: 0.03 }));
  });

  it('is brought up to date when that is asked for', () => {
    const updated = snapshot(JSON.stringify({ run: 1, other: 2 }), { update: true });
    assertFuelLike(good, 'run', updated);
    expect([updated.get('run'), updated.get('other')]).toEqual([good.fuelUsed, 2]);
  });

  it.each(['[]', '{"a": "b"}', 'null'])('is nothing else: %s', (text) => {
    expect(() => assertFuelLike(good, 'a', snapshot(text))).toThrow('must be an object');
  });

  it('knows no name that objects have anyway', () => {
    expect(snapshot('{}').get('constructor')).toBeUndefined();
  });
});
