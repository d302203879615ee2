/** The API reference says what the code says, and the code says something about every public name. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { apiFolder, apiPages } from '../../scripts/api.ts';
import { publishedPackages } from '../../scripts/api-symbols.ts';
import { undocumented, withoutDefault, withoutUnit } from './api-rules.ts';

const packages = publishedPackages();
const names = packages.flatMap(({ entries }) =>
  entries.flatMap((entry) => entry.names.map((each) => ({ ...each, entry: entry.specifier }))),
);

it('pages are current; if not: npm run api', () => {
  const pages = apiPages(packages);
  expect(readdirSync(apiFolder).toSorted()).toEqual([...pages.keys()].toSorted());
  for (const [file, text] of pages) {
    // One line of difference says more than two pages.
    const shown = readFileSync(join(apiFolder, file), 'utf8').split('\n');
    const differing = text.split('\n').find((line, index) => line !== shown[index]);
    expect({ file, differing }).toEqual({ file, differing: undefined });
    expect(shown.join('\n').length).toBe(text.length);
  }
});

it('every package that exports something has a page, every entry point its names', () => {
  expect(packages.map(({ folder }) => folder)).toEqual(
    expect.arrayContaining(['engine', 'guest', 'mcp', 'metering', 'native', 'testing']),
  );
  for (const { entries } of packages)
    for (const entry of entries) expect(entry.names, entry.specifier).not.toEqual([]);
});

it('every public name has a doc comment', () => {
  const bare = names.filter(({ doc }) => doc === '');
  expect(bare.map(({ entry, name }) => `${entry} ${name}`)).toEqual([]);
});

it('shows nothing that is private or internal', () => {
  for (const { code } of names) expect(code).not.toMatch(/^ +(#|private )|@internal/m);
});

it('every type that a public name speaks of is public, too', () => {
  const known = new Set(names.map(({ declared }) => declared.toLowerCase()));
  const unknown = names.flatMap(({ name, references }) =>
    references
      .filter((one) => !known.has(one.toLowerCase()))
      .map((one) => `${name}: ${one.replace(/^.*\/packages\//u, '')}`),
  );
  expect(unknown).toEqual([]);
});

it('every member says what it is, numbers their unit, options their default', () => {
  expect(undocumented(names)).toEqual([]);
  expect(withoutUnit(names)).toEqual([]);
  expect(withoutDefault(names)).toEqual([]);
});

it('these rules find what is missing', () => {
  const member = { name: 'a', doc: '', text: 'readonly a?: number;', optional: true, outer: '' };
  const bad: (typeof names)[number] = {
    ...names[0]!,
    name: 'SomeOptions',
    kind: 'interface',
    doc: 'Something.',
    members: [member],
  };
  expect(undocumented([bad])).toEqual(['SomeOptions.a']);
  expect(withoutUnit([bad])).toEqual(['SomeOptions.a']);
  expect(withoutDefault([bad])).toEqual(['SomeOptions.a']);
  const good = { ...bad, members: [{ ...member, doc: 'Bytes. Default 1.' }] };
  expect([undocumented, withoutUnit, withoutDefault].flatMap((rule) => rule([good]))).toEqual([]);
});
