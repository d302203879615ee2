import { expect, test } from 'vitest';
import { packageDigest } from './package-digest.ts';

const parts = {
  skill: 'demo',
  manifestText: '[skill]\nname = "demo"\n',
  componentSha256: 'a'.repeat(64),
};

test('a digest is 64 hexadecimal digits, pinned: a change of the form would void every acceptance', () => {
  expect(packageDigest(parts)).toMatchInlineSnapshot(
    `"ffcdfb8b86c3f95ffcdb08409f8bb3a617b5ccc300ebce645b18a6d950f999d7"`,
  );
});

test.each([
  ['the manifest', { manifestText: `${parts.manifestText} ` }],
  ['the component', { componentSha256: `${'a'.repeat(63)}b` }],
  ['the skill of the manifest', { skill: 'demo2' }],
])('another digest when %s changes', (_what, change) => {
  expect(packageDigest({ ...parts, ...change })).not.toBe(packageDigest(parts));
});

test('characters cannot be moved from one part to another', () => {
  expect(packageDigest({ ...parts, skill: 'de', manifestText: 'mo' })).not.toBe(
    packageDigest({ ...parts, skill: 'dem', manifestText: 'o' }),
  );
});
