import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { $init, generateTypes } from '@bytecodealliance/jco-transpile/component';
import { witFolder, witSource } from './wit-source.ts';

/** Where the generated declarations are kept. */
export const typesFolder = join(witFolder, 'types');

const header = '// Generated from wit/ by scripts/generate-types.ts. Do not edit.\n';

/**
 * TypeScript declarations of the `http-skill` world, the larger of the two, for both sides of it:
 * `host/` for what instantiates a skill, `guest/` for the JavaScript inside one.
 * Keys are paths relative to {@link typesFolder}.
 */
export async function skillTypes(): Promise<Map<string, string>> {
  await $init;
  const wit = { tag: 'source', val: witSource() } as const;
  const files = new Map<string, string>();
  for (const side of ['host', 'guest'] as const) {
    const generated = generateTypes('skill', {
      wit,
      world: 'http-skill',
      guest: side === 'guest',
      features: { tag: 'list', val: [] },
      ...(side === 'host' ? { instantiation: { tag: 'sync' } as const } : {}),
    });
    for (const [name, bytes] of generated) {
      files.set(`${side}/${name}`, header + new TextDecoder().decode(bytes));
    }
  }
  return files;
}

if (import.meta.main) {
  rmSync(typesFolder, { recursive: true, force: true });
  for (const [name, text] of await skillTypes()) {
    const path = join(typesFolder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}
