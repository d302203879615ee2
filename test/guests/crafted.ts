import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { cached } from './cache.ts';

const parts = fileURLToPath(new URL('parts/', import.meta.url));

/** Harmless names for all positions. */
const names = {
  /** A function that one core module exports and another imports. */
  function: 'answer',
  global: 'number',
  table: 'table',
  /** The module name that the second core module imports from. */
  module: 'library',
  /** The name that it imports the function by. */
  field: 'answer',
  /** What the canonical ABI is told to use. */
  memory: 'memory',
  realloc: 'cabi_realloc',
  invoke: 'skill:engine/tools@0.1.0#invoke',
};

/** A position of a name in a component's core modules. */
export type NamePosition = keyof typeof names;

/** All positions. */
export const namePositions = Object.keys(names) as NamePosition[];

const quoted = (name: string): string =>
  Array.from(Buffer.from(name), (byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('');

/** What stands for the injected name where the generated code is cut short by it. */
const decoys: Partial<Record<NamePosition, [module: 'library' | 'main', item: string]>> = {
  function: ['library', '(export "x" (func 0))'],
  global: ['library', '(export "x" (global 0))'],
  table: ['library', '(export "x" (table 0))'],
  memory: ['main', '(export "x" (memory 0))'],
  realloc: ['main', '(export "x" (func $realloc))'],
  invoke: ['main', '(export "x" (func $invoke))'],
};

/** A component of two core modules in the native world, which returns 42. */
function componentText(given: typeof names, decoy?: NamePosition): string {
  const [where, item = ''] = (decoy && decoys[decoy]) ?? [];
  const read = (name: string) => readFileSync(join(parts, `${name}.wat`), 'utf8');
  const name = Object.fromEntries(
    Object.entries(given).map(([position, text]) => [position, quoted(text)]),
  ) as typeof names;
  const native = read('native').replace('(export "memory")', `(export "${name.memory}")`);
  const realloc = read('realloc').replace('(export "cabi_realloc")', `(export "${name.realloc}")`);
  const world = read('native-component')
    .replace('{memory}', () => name.memory)
    .replace('{realloc}', () => name.realloc)
    .replace('{invoke}', () => name.invoke);
  return `(component
  (core module $library
    (func (export "${name.function}") (result i32) (i32.const 40))
    (global (export "${name.global}") i32 (i32.const 2))
    (table (export "${name.table}") 1 funcref)
    ${where === 'library' ? item : ''})
  (core module $main
    (import "${name.module}" "${name.field}" (func $answer (result i32)))
    (import "${name.module}" "global" (global $number i32))
    (import "${name.module}" "table" (table 1 funcref))
    (func $invoke (export "${name.invoke}") (param i32 i32 i32 i32) (result i32)
      (call $ok-number (i32.add (call $answer) (global.get $number))))
${native}
${realloc}
    ${where === 'main' ? item : ''})
  (core instance $library (instantiate $library))
  (core instance $main (instantiate $main
    (with "${name.module}" (instance
      (export "${name.field}" (func $library "${name.function}"))
      (export "global" (global $library "${name.global}"))
      (export "table" (table $library "${name.table}"))))))
${world})`;
}

/**
 * GEN-01: a component in the native world whose tool `run` returns 42, with `name` in one position.
 * What it names is exported as `x` as well, for injected code to fall back on.
 *
 * @returns the path of the component file
 */
export async function buildNamed(position: NamePosition, name: string): Promise<string> {
  const text = componentText({ ...names, [position]: name }, position);
  return cached('crafted', text, () => parse(text));
}

/**
 * A name that, left unescaped between single quotes where jco writes the names of this position,
 * evaluates `expression` when the component is instantiated.
 */
export function injection(position: NamePosition, expression: string): string {
  switch (position) {
    case 'module':
      return `m': (${expression}, {}), 'm`;
    case 'field':
      return `f': (${expression}, 0), 'f`;
    case 'global':
    case 'table':
      return `x'], [${expression}]: 0, y: exports0['x`;
    default:
      return `x'],${expression},exports0['x`;
  }
}

/**
 * The same component with a name of the component level replaced by one of the same length that the
 * text format would not take.
 *
 * @param from the name that is there: a label, a case, or the name of an export
 * @param to what is put in every place where it is
 */
export async function buildRelabelled(from: string, to: string): Promise<string> {
  const before = Buffer.from(from);
  const after = Buffer.from(to);
  if (before.length !== after.length) throw new Error('the two names differ in length');
  const bytes = Buffer.from(await parse(componentText(names)));
  let found = 0;
  for (let at = bytes.indexOf(before); at >= 0; at = bytes.indexOf(before, at + 1)) {
    after.copy(bytes, at);
    found++;
  }
  if (found === 0) throw new Error(`the component has no name ${from}`);
  return cached('crafted', bytes, async () => bytes);
}
