import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { skillTypes, typesFolder } from '../scripts/generate-types.ts';

test('wit/types is what the WIT files generate', async () => {
  const kept = readdirSync(typesFolder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const onDisk = new Map(
    kept.map((path) => [path.slice(typesFolder.length + 1), readFileSync(path, 'utf8')]),
  );
  const generated = await skillTypes();
  expect([...onDisk.keys()].toSorted()).toEqual([...generated.keys()].toSorted());
  expect(onDisk).toEqual(generated);
});
