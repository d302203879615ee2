import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SkillError } from '../errors.ts';
import { stripCustomSections } from './strip.ts';
import { surveyComponent } from './survey.ts';

const componentPreamble = [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0];
const modulePreamble = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

function leb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return [...bytes, rest];
}

const section = (id: number, ...body: number[]): number[] => [id, ...leb(body.length), ...body];
const component = (...sections: number[][]) =>
  Uint8Array.from([...componentPreamble, ...sections.flat()]);
const coreModule = (...sections: number[][]) =>
  component(section(1, ...modulePreamble, ...sections.flat()));
const text = (value: string): number[] => [
  ...leb(value.length),
  ...new TextEncoder().encode(value),
];

function codeOf(bytes: Uint8Array): string {
  try {
    surveyComponent(bytes);
    return 'accepted';
  } catch (failure) {
    // Anything else, a RangeError for instance, is a hole in the reader.
    if (!(failure instanceof SkillError)) throw failure;
    return failure.code;
  }
}

/** A component with something in every section. */
const rich = parse(`(component
  (import "wasi:io/streams@0.2.0" (instance $s (export "input-stream" (type (sub resource)))
    (export "f" (func (param "x" (list u8)) (result (option string))))))
  (type (record (field "a" u8) (field "b" (tuple string f32))))
  (core module $m (type (func (param i32))) (import "env" "f" (func (type 0))) (table 2 funcref) (memory (export "memory") 1)
    (global (export "g") (mut i32) i32.const 7) (func (export "run") (result i32) (local i32 i64) i32.const 1)
    (func $s) (start $s) (elem (i32.const 0) func 0) (data (i32.const 8) "some data"))
  (component (core module (func (export "inner"))) (type (enum "a" "b")))
  (alias export $s "f" (func $f))
  (core instance $mem (instantiate $mm)) (core module $mm (memory (export "m") 1) (func (export "r") (param i32 i32 i32 i32) (result i32) i32.const 0))
  (core func $lf (canon lower (func $f) (memory (core memory $mem "m")) (realloc (core func $mem "r"))))
  (core instance $i (instantiate $m (with "env" (instance (export "f" (func $lf))))))
  (func $run (result u32) (canon lift (core func $i "run")))
  (export "run" (func $run)))`);

describe('a damaged component (GEN-10)', () => {
  it('is refused at every cut', async () => {
    const bytes = await rich;
    expect(codeOf(bytes)).toBe('accepted');
    const cuts = new Set(
      [...Array(200).keys()].map((part) => Math.floor((bytes.byteLength * part) / 200)),
    );
    for (let at = 0; at < bytes.byteLength; at += 1) cuts.add(at);
    for (const cut of cuts) {
      const code = codeOf(bytes.subarray(0, cut));
      // Cut between two sections it is a shorter component, and still not a hostile one.
      expect(['COMPONENT_MALFORMED', 'COMPONENT_UNSUPPORTED', 'accepted']).toContain(code);
    }
    expect(codeOf(bytes.subarray(0, 7))).toBe('COMPONENT_MALFORMED');
    expect(codeOf(bytes.subarray(0, 9))).toBe('COMPONENT_MALFORMED');
  });

  it('with flipped bits is judged without any other error', async () => {
    const bytes = await rich;
    const flip = fc.tuple(fc.nat(bytes.byteLength - 1), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(fc.array(flip, { minLength: 1, maxLength: 8 }), (flips) => {
        const damaged = Uint8Array.from(bytes);
        for (const [at, mask] of flips) damaged[at] = (damaged[at] as number) ^ mask;
        // What is accepted must also be understood by the next step.
        const accepted = codeOf(damaged) === 'accepted';
        expect(accepted ? codeOf(stripCustomSections(damaged)) : 'accepted').toBe('accepted');
      }),
      { numRuns: 3000 },
    );
  });

  it('of random bytes is judged without any other error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (random, preamble) => {
        const bytes = preamble ? Uint8Array.from([...componentPreamble, ...random]) : random;
        expect(codeOf(bytes)).toMatch(/^(?:COMPONENT_[A-Z_]+|accepted)$/u);
      }),
      { numRuns: 3000 },
    );
  });

  it('of no bytes, or of another kind, says so', async () => {
    expect(() => surveyComponent(new Uint8Array())).toThrow(/the file is empty/u);
    expect(() => surveyComponent(new TextEncoder().encode('#!/bin/sh\n'))).toThrow(
      /no WebAssembly magic number/u,
    );
    expect(() => surveyComponent(Uint8Array.from([0, 0x61, 0x73, 0x6d, 9, 0, 1, 0]))).toThrow(
      /version 9 of layer 1/u,
    );
    expect(() => surveyComponent(Uint8Array.from(modulePreamble))).toThrow(
      /core WebAssembly module, not a component/u,
    );
  });

  it('that is a command for preview 1 says how to make a component of it', () => {
    const imports = section(2, 1, ...text('wasi_snapshot_preview1'), ...text('fd_write'), 0, 0);
    const bytes = Uint8Array.from([...modulePreamble, ...section(1, 1, 0x60, 0, 0), ...imports]);
    expect(() => surveyComponent(bytes)).toThrow(/wasm32-wasip2/u);
  });
});

describe('a component made to cost (compile bombs)', () => {
  const huge = leb(0xff_ff_ff_ff);
  it.each<[string, Uint8Array]>([
    ['a count of types that is a lie', component(section(7, ...huge, 0x7f))],
    ['a count of exports that is a lie', component(section(11, ...huge, 0))],
    ['a count of core imports that is a lie', coreModule(section(2, ...huge, 0))],
    ['a count of functions that is a lie', coreModule(section(3, ...huge, 0))],
    [
      'a count of locals that is a lie',
      coreModule(
        section(1, 1, 0x60, 0, 0),
        section(3, 1, 0),
        section(10, 1, 4, ...huge.slice(0, 4)),
      ),
    ],
    ['a section beyond the end', Uint8Array.from([...componentPreamble, 7, ...huge])],
    ['a name beyond the end', component(section(11, 1, 0, ...huge))],
    ['a number of six bytes', component(section(7, 0x80, 0x80, 0x80, 0x80, 0x80, 0))],
    ['a number beyond 32 bits', component(section(7, 0xff, 0xff, 0xff, 0xff, 0x1f))],
    ['a section that is longer than what it holds', component(section(7, 1, 0x7f, 0x7f))],
    ['an unknown section', component(section(13, 1))],
    ['an unknown core section', coreModule(section(14, 1))],
    ['core sections out of order', coreModule(section(3, 0), section(1, 0))],
    ['a core section twice', coreModule(section(1, 0), section(1, 0))],
    ['bodies without functions', coreModule(section(10, 1, 2, 0, 0x0b))],
    ['a core module that is none', component(section(1, ...componentPreamble))],
    ['a nested component that is none', component(section(4, ...modulePreamble))],
    ['a name that is not UTF-8', coreModule(section(7, 1, 2, 0xc3, 0x28, 0, 0))],
  ])('with %s is malformed', (_what, bytes) => {
    expect(codeOf(bytes)).toBe('COMPONENT_MALFORMED');
  });

  it('with too many locals in one function is too large', () => {
    const body = [1, ...leb(60_000), 0x7f, 0x0b];
    const bytes = coreModule(
      section(1, 1, 0x60, 0, 0),
      section(3, 1, 0),
      section(10, 1, body.length, ...body),
    );
    expect(codeOf(bytes)).toBe('COMPONENT_TOO_LARGE');
  });

  it('with few locals in each of many functions is too large', () => {
    const count = 200;
    const body = [1, ...leb(50_000), 0x7f, 0x0b];
    const bodies = Array.from({ length: count }, () => [body.length, ...body]).flat();
    const functions = section(3, ...leb(count), ...Array.from({ length: count }, () => 0));
    const bytes = coreModule(
      section(1, 1, 0x60, 0, 0),
      functions,
      section(10, ...leb(count), ...bodies),
    );
    expect(() => surveyComponent(bytes)).toThrow(/"totalLocals"/u);
  });

  it('with deeply nested components ends before the stack does', () => {
    let bytes = component();
    for (let depth = 0; depth < 500; depth += 1) bytes = component(section(4, ...bytes));
    expect(codeOf(bytes)).toBe('COMPONENT_TOO_LARGE');
  });

  it('with deeply nested types ends before the stack does', () => {
    const open = Array.from({ length: 10_000 }, () => [0x42, 1, 1]).flat();
    expect(codeOf(component(section(7, 1, ...open)))).toBe('COMPONENT_TOO_LARGE');
  });

  it('with countless empty sections is too large', () => {
    const empty = new Uint8Array(componentPreamble.length + 60_003);
    empty.set(componentPreamble);
    for (let at = componentPreamble.length; at < empty.byteLength; at += 3)
      empty.set([2, 1, 0], at);
    expect(codeOf(empty)).toBe('COMPONENT_TOO_LARGE');
    // Custom sections count as well.
    for (let at = componentPreamble.length; at < empty.byteLength; at += 3)
      empty.set([0, 1, 0], at);
    expect(codeOf(empty)).toBe('COMPONENT_TOO_LARGE');
  });
});

describe('stripCustomSections', () => {
  it('removes them at every level and leaves the rest as it was', async () => {
    const custom = section(0, ...text('name'), ...text("'];CODE;['"));
    const inner = [...modulePreamble, ...custom, ...section(1, 1, 0x60, 0, 0), ...custom];
    const long = Array.from({ length: 300 }, () => 0x7f);
    const level = (extra: number[]) => [
      ...componentPreamble,
      ...extra,
      ...section(7, ...leb(300), ...long),
      ...extra,
    ];
    const before = component(custom, section(4, ...level(custom)), section(1, ...inner), custom);
    const after = component(
      section(4, ...level([])),
      section(1, ...modulePreamble, ...section(1, 1, 0x60, 0, 0)),
    );
    surveyComponent(before);
    expect(stripCustomSections(before)).toEqual(after);
    expect(stripCustomSections(after)).toEqual(after);
  });
});
