/** Every attack of the list has a test here. */
import { globSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { attacks } from './redteam.ts';

const titles = globSync('*.test.ts', { cwd: import.meta.dirname })
  .filter((file) => file !== 'redteam.test.ts')
  .flatMap((file) => {
    const text = readFileSync(`${import.meta.dirname}/${file}`, 'utf8');
    // Titles, and the rows of tables that become titles.
    return [...text.matchAll(/['"`]([A-Z]{2,3}-\d\d)\b/gu)].map(([, id]) => id);
  });

it.each(
  Object.entries(attacks).flatMap(([area, all]) => all.split(' ').map((n) => `${area}-${n}`)),
)('%s has a test', (id) => {
  expect(titles).toContain(id);
});
