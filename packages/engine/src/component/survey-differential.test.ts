import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SkillError } from '../errors.ts';
import { type ComponentSurvey, surveyComponent } from './survey.ts';

/** The part of the WebAssembly JavaScript interface that is used here. */
declare const WebAssembly: {
  validate(bytes: Uint8Array): boolean;
  readonly Module: {
    new (bytes: Uint8Array): object;
    imports(module: object): { module: string; name: string; kind: string }[];
    exports(module: object): { name: string; kind: string }[];
  };
};

const modules = Promise.all(
  [
    `(module (import "env" "f" (func (param i32))) (import "env" "t" (table 1 funcref)) (import "a" "m" (memory 1))
      (import "a" "g" (global (mut i64))) (import "a" "e" (tag)) (func (export "run") (result i32) (local i32 f64) i32.const 1)
      (global (export "g2") i32 i32.const 3) (table (export "t2") 2 funcref) (export "m2" (memory 0)) (elem (i32.const 0) func 1)
      (data (i32.const 0) "data") (tag (export "e2")) (start 2) (func))`,
    `(module (type (func (param v128 externref) (result funcref))) (import "x" "y" (func (type 0)))
      (table 3 (ref null func)) (memory i64 1 2) (func (export "a")) (func (export "b")) (func (export "c")))`,
    `(module (rec (type (struct (field i32))) (type (array i8))) (table 1 (ref func) (ref.func 0)) (func (export "a")) (elem declare func 0))`,
    `(module (memory 1) (data $d "x") (func (export "fill") (memory.init $d (i32.const 0) (i32.const 0) (i32.const 1))))`,
  ].map((wat) => parse(wat)),
);

/** A component that is nothing but this core module. */
function wrap(module: Uint8Array): Uint8Array {
  const size = module.byteLength;
  const header = [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0, 1, (size & 0x7f) | 0x80, size >> 7];
  return Uint8Array.from([...header, ...module]);
}

function surveyed(module: Uint8Array): ComponentSurvey['modules'][number] | undefined {
  try {
    return surveyComponent(wrap(module)).modules[0];
  } catch (failure) {
    if (failure instanceof SkillError) return undefined;
    throw failure;
  }
}

function asV8Reads(bytes: Uint8Array): unknown {
  const module = new WebAssembly.Module(bytes);
  return {
    imports: WebAssembly.Module.imports(module),
    exports: WebAssembly.Module.exports(module),
  };
}

describe('the survey beside V8', () => {
  it('reads the same names from the same modules', async () => {
    for (const bytes of await modules) {
      const { imports, exports } = surveyed(bytes) ?? {};
      expect({ imports, exports }).toEqual(asV8Reads(bytes));
    }
  });

  it('reads the same names from damaged modules, or refuses them', async () => {
    const samples = await modules;
    const flips = fc.array(fc.tuple(fc.nat(10_000), fc.integer({ min: 1, max: 255 })), {
      minLength: 1,
      maxLength: 4,
    });
    let compared = 0;
    fc.assert(
      fc.property(fc.constantFrom(...samples), flips, (sample, changes) => {
        const bytes = Uint8Array.from(sample);
        for (const [at, mask] of changes) {
          const index = at % bytes.byteLength;
          bytes[index] = (bytes[index] as number) ^ mask;
        }
        const found = surveyed(bytes);
        if (found === undefined || !WebAssembly.validate(bytes)) return;
        compared += 1;
        expect({ imports: found.imports, exports: found.exports }).toEqual(asV8Reads(bytes));
      }),
      { numRuns: 6000 },
    );
    expect(compared).toBeGreaterThan(50);
  });
});
