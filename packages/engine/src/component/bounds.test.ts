import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { defaultBounds } from './bounds.ts';

it('shows every bound with its default in the documentation, and no other', () => {
  const page = readFileSync(
    new URL('../../../../docs/internals/component-loading.md', import.meta.url),
    'utf8',
  );
  const rows = [...page.matchAll(/^\| `([a-zA-Z]+)` \| ([0-9 ]+) \|/gmu)].map((row) => [
    row[1],
    Number(row[2]?.replaceAll(' ', '')),
  ]);
  expect(Object.fromEntries(rows)).toEqual(defaultBounds);
  expect(rows).toHaveLength(Object.keys(defaultBounds).length);
});
