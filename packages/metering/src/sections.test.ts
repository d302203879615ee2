/// <reference lib="dom" />
import { describe, expect, test } from 'vitest';
import { NAMESPACE, meter } from './index.ts';

const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const text = (value: string): number[] => [value.length, ...new TextEncoder().encode(value)];
const section = (id: number, ...body: readonly number[]): number[] => [id, body.length, ...body];
const custom = (name: string, ...body: readonly number[]): number[] =>
  section(0, ...text(name), ...body);
const build = (...sections: readonly (readonly number[])[]): Uint8Array =>
  Uint8Array.from([...HEADER, ...sections.flat()]);

const sectionsOf = (bytes: Uint8Array, name: string): number[][] =>
  WebAssembly.Module.customSections(new WebAssembly.Module(meter(bytes).bytes), name).map(
    (buffer) => [...new Uint8Array(buffer)],
  );

describe('custom sections', () => {
  test.each(['producers', 'component-type:x', 'target_features', 'anything'])(
    '%s is kept',
    (name) => {
      expect(sectionsOf(build(custom(name, 1, 2, 3)), name)).toEqual([[1, 2, 3]]);
    },
  );
  test.each([
    '.debug_info',
    '.debug_line',
    'sourceMappingURL',
    'external_debug_info',
    'metadata.code.branch_hint',
    'linking',
    'reloc.CODE',
  ])('%s is dropped: its offsets are no longer true', (name) => {
    expect(sectionsOf(build(custom(name, 1, 2, 3)), name)).toEqual([]);
  });
  test('names stay, but those of globals, which move', () => {
    const functions = section(1, 1, 0, 1, 0x66);
    const globals = section(7, 1, 0, 1, 0x67);
    const bytes = build(
      section(1, 1, 0x60, 0, 0),
      section(3, 1, 0),
      section(10, 1, 2, 0, 0x0b),
      custom('name', ...functions, ...globals),
    );
    expect(sectionsOf(bytes, 'name')).toEqual([functions]);
  });
});

interface Guest {
  readonly b: WebAssembly.Global;
  readonly f: () => number;
  readonly m: WebAssembly.Memory;
  readonly t: WebAssembly.Table;
}

test('an empty module becomes one that imports the counters', () => {
  const module = new WebAssembly.Module(meter(build()).bytes);
  expect(WebAssembly.Module.imports(module)).toEqual(
    ['fuel', 'depth', 'memory', 'status'].map((name) =>
      expect.objectContaining({ module: NAMESPACE, name, kind: 'global' }),
    ),
  );
  expect(WebAssembly.Module.exports(module)).toEqual([]);
});

test('indices of globals are moved wherever they stand', () => {
  // Global 1 reads the imported one, 2 reads 1 in an extended expression; element, data and export name defined ones.
  const bytes = build(
    section(1, 1, 0x60, 0, 1, 0x7f),
    section(2, 1, ...text('e'), ...text('g'), 3, 0x7f, 0),
    section(3, 1, 0),
    section(4, 1, 0x70, 0, 10),
    section(5, 1, 0, 1),
    section(6, 2, 0x7f, 0, 0x23, 0, 0x0b, 0x7f, 0, 0x23, 1, 0x41, 2, 0x6a, 0x0b),
    section(7, 4, ...text('b'), 3, 2, ...text('f'), 0, 0, ...text('m'), 2, 0, ...text('t'), 1, 0),
    section(9, 1, 0, 0x23, 2, 0x0b, 1, 0),
    section(10, 1, 4, 0, 0x23, 2, 0x0b),
    section(11, 1, 0, 0x23, 2, 0x0b, 1, 0x2a),
  );
  const run = (module: WebAssembly.Module, imports: WebAssembly.Imports): unknown => {
    const { b, f, m, t } = new WebAssembly.Instance(module, imports).exports as unknown as Guest;
    return [b.value, f(), new Uint8Array(m.buffer).indexOf(0x2a), t.get(5) === f];
  };
  const counter = (value: bigint): WebAssembly.Global =>
    new WebAssembly.Global({ value: 'i64', mutable: true }, value);
  const counters = {
    fuel: counter(-(9n ** 9n)),
    depth: counter(9n ** 9n),
    memory: counter(9n ** 9n),
    status: new WebAssembly.Global({ value: 'i32', mutable: true }, 0),
  };
  const want = [5, 5, 5, true];
  expect(run(new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>), { e: { g: 3 } })).toEqual(
    want,
  );
  expect(
    run(new WebAssembly.Module(meter(bytes).bytes), { e: { g: 3 }, [NAMESPACE]: counters }),
  ).toEqual(want);
});
