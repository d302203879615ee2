/** Every promise of `requirements.ts` has tests, and every guest is run by one. */
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { requirements } from './requirements.ts';

const root = join(import.meta.dirname, '..');

it.each(requirements.map((requirement) => [requirement.id, requirement] as const))(
  '%s is proven',
  (_id, { proof, promise }) => {
    expect(proof.length, promise).toBeGreaterThan(0);
    for (const entry of proof) {
      const [file = '', title = ''] = entry.split(' :: ');
      // Titles are compared as they stand in the source, quotes escaped or not.
      const source = readFileSync(join(root, file), 'utf8').replaceAll(String.raw`\'`, "'");
      expect(source.includes(title), `${file} has no test "${title}"`).toBe(true);
    }
  },
);

it('has no id twice', () => {
  const ids = requirements.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

it('runs every guest in some test', () => {
  const tests = globSync(['test/**/*.test.ts', 'packages/*/src/**/*.test.ts', 'scripts/start.ts'], {
    cwd: root,
  })
    .filter((file) => basename(file) !== 'guests.test.ts')
    .map((file) => readFileSync(join(root, file), 'utf8'))
    .join('\n');
  const guests = globSync('test/guests/*.{wat,js}', { cwd: root }).map((file) =>
    basename(file).replace(/(\.component)?\.(wat|js)$/, ''),
  );
  expect(guests.length).toBeGreaterThan(20);
  expect(guests.filter((guest) => !tests.includes(guest))).toEqual([]);
});
