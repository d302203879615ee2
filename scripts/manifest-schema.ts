import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { manifestSchema } from '../packages/engine/src/manifest/manifest.ts';

/** Where the generated JSON Schema of the manifest is kept. */
export const schemaFile = fileURLToPath(
  new URL('../docs/reference/manifest.schema.json', import.meta.url),
);

export function schemaText(): string {
  return `${JSON.stringify(manifestSchema(), null, 2)}\n`;
}

if (import.meta.main) {
  mkdirSync(dirname(schemaFile), { recursive: true });
  writeFileSync(schemaFile, schemaText());
}
