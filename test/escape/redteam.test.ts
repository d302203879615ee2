/** Every attack of the list has a test here. */
import { globSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { attacks, beside } from './redteam.ts';

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

/** Titles of tests and of what stands around them. */
function titlesOf(file: string): string[] {
  const text = readFileSync(file, 'utf8').replaceAll(String.raw`\'`, "'");
  return [...text.matchAll(/\b(?:it|test|describe)\(\s*['"`](.+?)['"`],/gu)].map(
    ([, title]) => title!,
  );
}

it.each(Object.entries(beside))('%s has a test beside the code', (_id, proof) => {
  for (const entry of proof) {
    const [file = '', title = ''] = entry.split(' :: ');
    expect(
      titlesOf(file).some((found) => found.includes(title)),
      entry,
    ).toBe(true);
  }
});
