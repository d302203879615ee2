/** The example skills by their own tests, as `skill test` runs them. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Home, root } from '../cli/skill.ts';

let home: Home;
beforeAll(() => {
  home = new Home();
});
afterAll(() => home[Symbol.dispose]());

it.each(['search-text', 'archive-list', 'query-data', 'fetch-json'])('%s', async (name) => {
  const { code, stdout } = await home.run(['test', join(root, 'skills-wasm', name)]);
  expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(/\d passed/) });
});

it.each([
  ['search-text', 'rust', 'skill.rs'],
  ['archive-list', 'c', 'skill.h'],
])('%s has the helper that skill new --lang %s hands out', (name, lang, file) => {
  const template = join(root, 'packages/cli/templates', lang, 'common/src', file);
  expect(readFileSync(join(root, 'skills-wasm', name, 'src', file), 'utf8')).toBe(
    readFileSync(template, 'utf8'),
  );
});

it.each(['search-text', 'archive-list'])('%s is the component that its manifest pins', (name) => {
  const folder = join(root, 'skills-wasm', name);
  const digest = createHash('sha256')
    .update(readFileSync(join(folder, `${name}.wasm`)))
    .digest('hex');
  expect(readFileSync(join(folder, 'skill.toml'), 'utf8')).toContain(`sha256 = "${digest}"`);
});
