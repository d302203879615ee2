/** The WIT of the worlds, and of the world of one skill: what it imports, and the tools. */
import { readFile } from 'node:fs/promises';

/** WASI's version in `wit/`. */
export const wasiVersion = '0.2.12';

/** All packages of `wit/` in WIT's nested notation; put beside `dist/main.js` by the build. */
export function engineWit(): Promise<string> {
  return readFile(new URL('../skill-engine.wit', import.meta.url), 'utf8');
}

/** jco's adapter that makes `wasi_snapshot_preview1` of a core module WASI 0.2; put there by the build too. */
export async function reactorAdapter(): Promise<Uint8Array> {
  return readFile(new URL('../wasi_snapshot_preview1.reactor.wasm', import.meta.url));
}

/** A world of its own for a skill that exports tools. */
export async function toolsWorld(imports: readonly string[]): Promise<string> {
  const lines = imports.map((name) => `  import ${name};\n`).join('');
  return `package local:skill;\n\nworld skill {\n${lines}  export skill:engine/tools@0.1.0;\n}\n\n${await engineWit()}`;
}
