/** The guest of the isolates' contract: one tool for each behaviour, in WebAssembly text. */
import { writeFileSync } from 'node:fs';
import { componentEmbed, componentNew, parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { witSource } from './wit-source.ts';

/** Tools by name, with what `invoke` does for each; names differ in their first letter. */
const tools: Readonly<Record<string, string>> = {
  count: `
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (i32.store (i32.const 512) (i32.add (i32.load (i32.const 512)) (i32.const 1)))
    (if (i32.ne (global.get $calls) (i32.load (i32.const 512))) (then (unreachable)))
    (return (call $ok-number (global.get $calls)))`,
  loop: '(loop $again (br $again))',
  sleep: '(call $block (call $subscribe-duration (i64.const -1)))',
  trap: '(unreachable)',
  exit: '(call $exit (i32.const 0))',
  recurse: '(return (call $ok-number (call $even (i32.const 0))))',
  // As much as it gets, every page of it touched; answers how many pages that is.
  grow: `
    (local.set $page (memory.size))
    (block $refused
      (loop $more
        (br_if $refused (i32.eq (memory.grow (i32.const 16)) (i32.const -1)))
        (loop $touch
          (i32.store8 (i32.shl (local.get $page) (i32.const 16)) (i32.const 1))
          (local.set $page (i32.add (local.get $page) (i32.const 1)))
          (br_if $touch (i32.lt_u (local.get $page) (memory.size))))
        (br_if $more (i32.lt_u (memory.size) (i32.const 40000)))))
    (return (call $ok-number (memory.size)))`,
  // Prints beyond any limit, catches what ends it, and answers as if nothing had been.
  flood: `
    (local.set $left (i32.const 600))
    (loop $again
      (block $caught
        (try_table (catch_all $caught)
          (call $zeroes (call $get-stdout) (i64.const 4096) (i32.const 32))))
      (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    (return (call $ok-number (i32.const 42)))`,
};

const imports = `
  (import "wasi:cli/exit@0.2.12" "exit" (func $exit (param i32)))
  (import "wasi:clocks/monotonic-clock@0.2.12" "subscribe-duration"
    (func $subscribe-duration (param i64) (result i32)))
  (import "wasi:io/poll@0.2.12" "[method]pollable.block" (func $block (param i32)))
  (import "wasi:cli/stdout@0.2.12" "get-stdout" (func $get-stdout (result i32)))
  (import "wasi:io/streams@0.2.12" "[method]output-stream.blocking-write-zeroes-and-flush"
    (func $zeroes (param i32 i64 i32)))`;

const world = ['cli/exit', 'clocks/monotonic-clock', 'cli/stdout']
  .map((name) => `import wasi:${name}@0.2.12;`)
  .join(' ');

const TABLE = 1024;
const NAMES = 2048;
const SCHEMA = 3072;
const schema = '{"type":"object"}';

const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const data = (at: number, bytes: Uint8Array) =>
  `(data (i32.const ${at}) "${[...bytes].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('')}")`;

/** `list<tool>` in the canonical ABI: name, no description, parameters, no output schema. */
function list(): string {
  const none = Buffer.alloc(12);
  let at = NAMES;
  const records: Buffer[] = [];
  const texts: string[] = [data(SCHEMA, Buffer.from(schema))];
  for (const name of Object.keys(tools)) {
    texts.push(data(at, Buffer.from(name)));
    records.push(u32(at), u32(name.length), none, u32(SCHEMA), u32(schema.length), none);
    at += name.length;
  }
  const head = Buffer.concat([u32(TABLE), u32(Object.keys(tools).length)]);
  return [data(64, head), data(TABLE, Buffer.concat(records)), ...texts].join('\n');
}

function moduleText(): string {
  const cases = Object.entries(tools).map(
    ([name, body]) =>
      `(if (i32.eq (i32.load8_u (local.get $tool)) (i32.const ${name.charCodeAt(0)})) (then ${body}))`,
  );
  return `(module ${imports}
  (memory (export "memory") 1)
  (global $calls (mut i32) (i32.const 0))
  (global $heap (mut i32) (i32.const 8192))
  ${list()}
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
    (global.set $heap (i32.add (local.get $at) (local.get 3)))
    (local.get $at))
  (func (export "skill:engine/tools@0.1.0#list-tools") (result i32) (i32.const 64))
  (func $ok-number (param $value i32) (result i32)
    (local $at i32)
    (local.set $at (i32.const 272))
    (loop $digits
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (i32.store8 (local.get $at)
        (i32.add (i32.const 48) (i32.rem_u (local.get $value) (i32.const 10))))
      (local.set $value (i32.div_u (local.get $value) (i32.const 10)))
      (br_if $digits (local.get $value)))
    (i32.store8 (i32.const 16) (i32.const 0))
    (i32.store (i32.const 20) (local.get $at))
    (i32.store (i32.const 24) (i32.sub (i32.const 272) (local.get $at)))
    (i32.const 16))
  (func $even (param $depth i32) (result i32)
    (i32.add (i32.const 1) (call $odd (i32.add (local.get $depth) (i32.const 1)))))
  (func $odd (param $depth i32) (result i32)
    (i32.add (i32.const 2) (call $even (i32.add (local.get $depth) (i32.const 1)))))
  (func (export "skill:engine/tools@0.1.0#invoke") (param $tool i32) (param i32 i32 i32) (result i32)
    (local $page i32) (local $left i32)
    ${cases.join('\n')}
    (unreachable)))`;
}

/** Writes the component. */
export async function buildContractGuest(file: string): Promise<void> {
  const wit = witSource(
    `package testing:contract;\nworld guest { ${world} export skill:engine/tools@0.1.0; }\n`,
  );
  const binary = await parse(moduleText());
  const embedded = await componentEmbed({ binary, witSource: wit, world: 'guest' });
  writeFileSync(file, await componentNew(embedded));
}
