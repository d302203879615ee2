import { expect, test } from 'vitest';
import { packageDigest } from './package-digest.ts';

const parts = {
  skill: 'demo',
  manifestText: '[skill]\nname = "demo"\n',
  componentSha256: 'a'.repeat(64),
  schemas: new Map([['./a.json', '{}']]),
};

test('a digest is 64 hexadecimal digits, pinned: a change of the form would void every acceptance', () => {
  expect(packageDigest(parts)).toMatchInlineSnapshot(
    `"1afe7ae3402d1da076f8134c2a2b175e11ecaa21b7ff243d4ed6863cef84a5c3"`,
  );
});

test.each([
  ['the manifest', { manifestText: `${parts.manifestText} ` }],
  ['the component', { componentSha256: `${'a'.repeat(63)}b` }],
  ['a schema file', { schemas: new Map([['./a.json', '{ }']]) }],
  ['the name of a schema file', { schemas: new Map([['./b.json', '{}']]) }],
  ['the skill of the manifest', { skill: 'demo2' }],
])('another digest when %s changes', (_what, change) => {
  expect(packageDigest({ ...parts, ...change })).not.toBe(packageDigest(parts));
});

test('characters cannot be moved from one part to another', () => {
  expect(packageDigest({ ...parts, skill: 'de', manifestText: 'mo' })).not.toBe(
    packageDigest({ ...parts, skill: 'dem', manifestText: 'o' }),
  );
});
