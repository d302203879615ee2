/** The author's path for languages whose compilers are not on npm: where they are, all of it; everywhere, what is said without them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../cli/skill.ts';
import { compilers } from './compilers.ts';
import { Projects } from './projects.ts';

let projects: Projects;
beforeAll(() => {
  projects = new Projects();
});
afterAll(() => projects[Symbol.dispose]());

// A test whose compiler isn't here is skipped, and its name says so.
describe.each(Object.entries(compilers))('%s', (lang, isHere) => {
  it.skipIf(!isHere)(
    `new, build, test${isHere ? '' : ' (skipped: its compiler is not here)'}`,
    async () => {
      const folder = await projects.make(`of-${lang}`, '--lang', lang);
      const built = await projects.skill(folder, 'build');
      expect(built.stderr).toMatch(/^built /m);
      const tested = await projects.skill(folder, 'test');
      expect(tested).toMatchObject({ code: 0, stdout: expect.stringMatching(/^3 passed/m) });
    },
  );
});

it.each([
  ['c', 'A C compiler for WASI', 'apt install clang lld wasi-libc'],
  ['rust', 'Rust', 'rustup target add wasm32-wasip1'],
  ['go', 'Go', 'https://go.dev/dl'],
  ['python', 'componentize-py', 'pip install componentize-py'],
])('%s without its compiler: says what to install', async (lang, missing, help) => {
  const folder = await projects.make(`without-${lang}`, '--lang', lang);
  const { code, stdout } = await projects.home.run(['build', '--json'], {
    cwd: folder,
    environment: { PATH: join(root, 'nowhere') },
  });
  expect(code).toBe(6);
  expect(JSON.parse(stdout)).toMatchObject({
    ok: false,
    error: {
      code: 'TOOLCHAIN_MISSING',
      details: { missing },
      message: expect.stringContaining(help),
    },
  });
});

it.skipIf(!compilers.c)("a compiler's messages are the error", async () => {
  const folder = await projects.make('broken', '--lang', 'c');
  writeFileSync(join(folder, 'src/main.c'), '#include "skill.h"\nint broken(void) { return }\n');
  const { code, stderr } = await projects.skill(folder, 'build');
  expect(code).toBe(6);
  expect(stderr).toContain('BUILD_FAILED');
  expect(stderr).toContain('src/main.c:2:');
});
