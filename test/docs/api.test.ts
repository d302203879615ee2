/** The API reference says what the code says. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { apiReference, publicNames } from '../../scripts/api-reference.ts';

it('docs/reference/api.md is current; if not: npm run build && npm run reference', () => {
  expect(readFileSync('docs/reference/api.md', 'utf8') === apiReference()).toBe(true);
});

it('finds the declaration of every public name', () => {
  for (const [entry, names] of publicNames()) {
    expect(
      names.filter(({ signature }) => signature === ''),
      entry,
    ).toEqual([]);
  }
  expect(publicNames().get('@skill-engine/engine')!.length).toBeGreaterThan(50);
});

it('every public name of what authors import has a doc comment', () => {
  for (const [entry, names] of publicNames()) {
    if (!entry.startsWith('@skill-engine/guest')) continue;
    expect(names.length).toBeGreaterThan(0);
    expect(
      names.filter(({ doc }) => doc === ''),
      entry,
    ).toEqual([]);
  }
});
