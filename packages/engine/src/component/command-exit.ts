/**
 * The adapter of preview 1 ends a program by `exit` of wasi:cli, which knows success and failure only. So a command's own
 * `proc_exit` goes past it, to `exit-with-code`, through an adapter of one function.
 */
import { sectionsOf } from './go-module.ts';

/** The part of jco's wasm-tools that is used, as its `wasm-tools.d.ts` describes it. */
export interface AdapterTools {
  parse(text: string): Uint8Array;
  componentEmbed(options: { binary: Uint8Array; witSource: string }): Uint8Array;
}

const importSection = 2;
const preview1 = 'wasi_snapshot_preview1';

/** As long as the name in whose place it stands: nothing in the module moves. */
const ownName = 'skill_exit_of_preview1';

const wit = `package skill:exit;
world adapter { import wasi:cli/exit@0.2.12; }
package wasi:cli@0.2.12 { interface exit { exit-with-code: func(status-code: u8); } }`;

/** A code has eight bits; what is no success does not become one when it is cut. */
const text = `(module
  (import "wasi:cli/exit@0.2.12" "exit-with-code" (func $exit (param i32)))
  (func (export "proc_exit") (param $code i32)
    (local $byte i32)
    (local.set $byte (i32.and (local.get $code) (i32.const 255)))
    (call $exit
      (select
        (i32.ne (local.get $code) (i32.const 0))
        (local.get $byte)
        (i32.eqz (local.get $byte))))
    (unreachable)))`;

/** What is adapted, and the adapters that it needs besides the one of preview 1. */
export interface ExitAdapted {
  readonly module: Uint8Array;
  readonly adapters: [string, Uint8Array][];
}

export function withExitCode(module: Uint8Array, tools: AdapterTools): ExitAdapted {
  const patched = Buffer.from(module);
  const before = Buffer.from(`\x16${preview1}\x09proc_exit`);
  let found = 0;
  for (const [id, { offset, end }] of sectionsOf(module)) {
    if (id !== importSection) continue;
    const names = patched.subarray(offset, end);
    for (let at = names.indexOf(before); at >= 0; at = names.indexOf(before, at)) {
      names.write(ownName, at + 1);
      found += 1;
    }
  }
  if (found === 0) return { module, adapters: [] };
  const adapter = tools.componentEmbed({ binary: tools.parse(text), witSource: wit });
  return { module: patched, adapters: [[ownName, adapter]] };
}
