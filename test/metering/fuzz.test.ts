/// <reference lib="dom" />
/** Mutated real modules: the meter refuses or rewrites, and never makes an invalid module of a valid one, or the reverse. */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MeteringError, meter } from '@skill-engine/metering';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assemble } from './generated/assemble.ts';
import { programs } from './generated/program.ts';

const kernels = fileURLToPath(new URL('../../bench/metering/kernels/', import.meta.url));
const vendor = join(
  dirname(createRequire(import.meta.url).resolve('@bytecodealliance/jco-transpile')),
  '../vendor',
);
const corpus = [
  ...readdirSync(kernels)
    .filter((file) => file.endsWith('.wasm'))
    .map((file) => readFileSync(join(kernels, file))),
  ...['wasm-tools.core2.wasm', 'js-component-bindgen-component.core2.wasm'].map((file) =>
    readFileSync(join(vendor, file)),
  ),
  ...fc
    .sample(programs({ exceptions: true, traps: true, faults: true }), { numRuns: 12, seed: 7 })
    .flatMap((program) => [assemble(program, 'standard'), assemble(program, 'legacy')]),
].map((bytes) => Uint8Array.from(bytes));

interface Mutation {
  readonly at: number;
  readonly kind: 'flip' | 'set' | 'insert' | 'delete' | 'copy';
  readonly value: number;
  readonly length: number;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat({ max: 1 << 16 }),
  kind: fc.constantFrom('flip', 'set', 'insert', 'delete', 'copy'),
  value: fc.oneof(
    fc.nat({ max: 255 }),
    fc.constantFrom(0x00, 0x40, 0x7f, 0x80, 0xff, 0xfb, 0xfc, 0xfd, 0xfe, 0x0b),
  ),
  length: fc.nat({ max: 12 }),
});

function mutate(bytes: Uint8Array, mutations: readonly Mutation[]): Uint8Array<ArrayBuffer> {
  let out = [...bytes];
  for (const { at, kind, value, length } of mutations) {
    // Behind the magic number, or every mutant is refused for it.
    const place = 8 + (at % Math.max(1, out.length - 8));
    if (kind === 'flip') out[place] = (out[place] ?? 0) ^ (1 << (value & 7));
    else if (kind === 'set') out[place] = value;
    else if (kind === 'insert')
      out.splice(place, 0, ...Array.from({ length: 1 + length }, () => value));
    else if (kind === 'delete') out.splice(place, 1 + length);
    else out = [...out.slice(0, place), ...out.slice(place - Math.min(length, place - 8))];
  }
  return Uint8Array.from(out);
}

function rewritten(bytes: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  try {
    return meter(bytes).bytes;
  } catch (error) {
    if (error instanceof MeteringError) return undefined;
    throw error;
  }
}

const numRuns = Number(process.env['FC_RUNS'] ?? 6000);
const seed = process.env['FC_SEED'] === undefined ? {} : { seed: Number(process.env['FC_SEED']) };

test('mutants are refused, or stay as valid as they were', () => {
  const seen = { refused: 0, valid: 0, invalid: 0 };
  fc.assert(
    fc.property(
      fc.nat({ max: corpus.length - 1 }),
      fc.array(mutation, { minLength: 1, maxLength: 3 }),
      (index, mutations) => {
        const bytes = mutate(corpus[index] as Uint8Array, mutations);
        const out = rewritten(bytes);
        const valid = WebAssembly.validate(bytes);
        if (out === undefined) seen.refused++;
        else {
          expect(WebAssembly.validate(out)).toBe(valid);
          seen[valid ? 'valid' : 'invalid']++;
        }
      },
    ),
    { numRuns, ...seed },
  );
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(numRuns / 100);
});

test('bytes of no module at all are refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (noise) => {
      expect(rewritten(noise)).toBeUndefined();
      const header = Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...noise]);
      const out = rewritten(header);
      if (out !== undefined) expect(WebAssembly.validate(out)).toBe(WebAssembly.validate(header));
    }),
    { numRuns, ...seed },
  );
});
