/**
 * Components that give back what they get, of any WIT type: a list arrives as an address and a length, and the same
 * two go back, so the guest's code is the same for every type and cannot change a value.
 */
import { componentEmbed, componentNew, parse } from '@bytecodealliance/jco-transpile/wasm-tools';

const realloc = `
  (memory (export "memory") 1)
  (global $free (mut i32) (i32.const 1024))
  (func (export "cabi_realloc") (param i32 i32) (param $align i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $free) (i32.const 15)) (i32.const -16)))
    (global.set $free (i32.add (local.get $at) (local.get $size)))
    (block $fits
      (br_if $fits (i32.le_u (global.get $free) (i32.mul (memory.size) (i32.const 65536))))
      (br_if $fits (i32.ge_s (memory.grow (i32.add (i32.const 1)
        (i32.div_u (local.get $size) (i32.const 65536)))) (i32.const 0)))
      (unreachable))
    (local.get $at))`;

const echo = (name: string) => `
  (func (export "${name}") (param i32 i32) (result i32)
    (i32.store (i32.const 16) (local.get 0))
    (i32.store (i32.const 20) (local.get 1))
    (i32.const 16))`;

export interface EchoType {
  /** Declarations that it needs. */
  readonly declarations: string;
  /** How WIT refers to it. */
  readonly reference: string;
}

/** A component whose interface `test:echo/types` has the functions `echo-0`, `echo-1`, … of `list<T>` to `list<T>`. */
export async function echoComponent(types: readonly EchoType[]): Promise<Uint8Array> {
  const functions = types.map(
    ({ reference }, index) =>
      `  echo-${index}: func(values: list<${reference}>) -> list<${reference}>;`,
  );
  const wit = `package test:echo;
interface types {
${types.map(({ declarations }) => declarations).join('\n')}
${functions.join('\n')}
}
world guest { export types; }`;
  const names = types.map((_, index) => echo(`test:echo/types#echo-${index}`));
  return coreComponent(`(module ${realloc} ${names.join('')})`, wit, 'guest');
}

export async function coreComponent(wat: string, wit: string, world: string): Promise<Uint8Array> {
  return componentNew(await componentEmbed({ binary: await parse(wat), witSource: wit, world }));
}
