/** The example skills by their own tests, as `skill test` runs them. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { compilers } from '../author/compilers.ts';
import { Home, root } from '../cli/skill.ts';

let home: Home;
beforeAll(() => {
  home = new Home({ warm: true });
});
afterAll(() => home[Symbol.dispose]());

it.each(['search-text', 'archive-list', 'query-data', 'fetch-json'])('%s', async (name) => {
  const { code, stdout } = await home.run(['test', join(root, 'skills-wasm', name)]);
  expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(/\d passed/) });
});

it.each([
  ['check-links', 'go'],
  ['summarise-data', 'python'],
] as const)(
  '%s, whose component is large, built where the compiler of %s is',
  async (name, lang) => {
    const folder = join(root, 'skills-wasm', name);
    const environment = { ...process.env, SKILL_ENGINE_HOME: home.path } as Record<string, string>;
    const built = await home.run(['build', folder], { environment });
    if (!compilers[lang]) {
      // Elsewhere the failure says what to install, and nothing else can be said about the skill.
      expect(built).toMatchObject({
        code: 6,
        stderr: expect.stringContaining('TOOLCHAIN_MISSING'),
      });
      return;
    }
    const { code, stdout } = await home.run(['test', folder]);
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(/\d passed/) });
  },
);

it.each([
  ['search-text', 'rust', 'skill.rs'],
  ['archive-list', 'c', 'skill.h'],
  ['check-links', 'go', 'skill.go'],
  ['summarise-data', 'python', 'skill.py'],
])('%s has the helper that skill new --lang %s hands out', (name, lang, file) => {
  const template = join(root, 'packages/cli/templates', lang, 'common');
  const source = lang === 'rust' || lang === 'c' ? `src/${file}` : file;
  expect(readFileSync(join(root, 'skills-wasm', name, source), 'utf8')).toBe(
    readFileSync(join(template, source), 'utf8'),
  );
});

it.each(['search-text', 'archive-list'])('%s is the component that its manifest pins', (name) => {
  const folder = join(root, 'skills-wasm', name);
  const digest = createHash('sha256')
    .update(readFileSync(join(folder, `${name}.wasm`)))
    .digest('hex');
  expect(readFileSync(join(folder, 'skill.toml'), 'utf8')).toContain(`sha256 = "${digest}"`);
});
