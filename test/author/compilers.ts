import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const has = (program: string, ...args: string[]) => spawnSync(program, args).status === 0;

/** Whether the compiler of a language is here. */
export const compilers = {
  c: has('clang', '--version') && existsSync('/usr/lib/wasm32-wasi/libc.a'),
  rust: has('cargo', '--version') && existsSync('/usr/lib/rustlib/wasm32-wasi'),
  go: has('go', 'version'),
  python: has('componentize-py', '--version'),
};
