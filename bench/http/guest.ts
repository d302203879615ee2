/** Builds the guest of this benchmark: AssemblyScript, then a component of the native world. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  componentEmbed,
  componentNew,
  parse,
  print,
} from '@bytecodealliance/jco-transpile/wasm-tools';
import { main as compile } from 'assemblyscript/asc';
import { witSource } from '../../scripts/wit-source.ts';

const world = `package bench:http;
world guest {
  import wasi:http/types@0.2.12;
  import wasi:http/outgoing-handler@0.2.12;
  import wasi:io/poll@0.2.12;
  import wasi:io/streams@0.2.12;
  import wasi:clocks/monotonic-clock@0.2.12;
  export skill:engine/tools@0.1.0;
}
`;

/** What the guest calls its exports, and what the component model does. */
const names = {
  realloc: 'cabi_realloc',
  listTools: 'skill:engine/tools@0.1.0#list-tools',
  invoke: 'skill:engine/tools@0.1.0#invoke',
};

export async function buildGuest(): Promise<Uint8Array> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-guest-'));
  try {
    copyFileSync(fileURLToPath(new URL('guest.as', import.meta.url)), join(folder, 'guest.ts'));
    const flags = '-O3 --runtime stub --use abort= --initialMemory 64 --memoryBase 8192'.split(' ');
    const { error, stderr } = await compile([
      'guest.ts',
      '--baseDir',
      folder,
      '-o',
      'guest.wasm',
      ...flags,
    ]);
    if (error) throw new Error(stderr.toString(), { cause: error });
    let text = await print(readFileSync(join(folder, 'guest.wasm')));
    for (const [name, exported] of Object.entries(names))
      text = text.replace(`(export "${name}"`, `(export "${exported}"`);
    const binary = await parse(text);
    return await componentNew(
      await componentEmbed({ binary, witSource: witSource(world), world: 'guest' }),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}
