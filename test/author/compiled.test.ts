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
      // Compilers leave alone what is up to date; python has nothing that could be.
      if (lang === 'python') return;
      const first = await projects.skill(folder, 'build', '--json');
      const second = await projects.skill(folder, 'build', '--json');
      expect(second.code, second.stdout).toBe(0);
      const digest = ({ stdout }: { stdout: string }) =>
        (JSON.parse(stdout) as { sha256: string }).sha256;
      expect(digest(second)).toBe(digest(first));
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

it('a Go that is too old', async () => {
  const folder = await projects.make('old-go', '--lang', 'go');
  const old = join(projects.folder, 'go');
  writeFileSync(old, '#!/bin/sh\necho go1.23.4\n', { mode: 0o755 });
  const { code, stderr } = await projects.home.run(['build'], {
    cwd: folder,
    environment: { PATH: projects.folder },
  });
  expect(code).toBe(6);
  expect(stderr).toBe(
    `error TOOLCHAIN_MISSING: Go 1.24 or later is not installed. ${old} is go1.23.4. ` +
      'Install a later one from https://go.dev/dl, or TinyGo from https://tinygo.org\n',
  );
});

it.skipIf(!compilers.c)("a compiler's messages are the error", async () => {
  const folder = await projects.make('broken', '--lang', 'c');
  writeFileSync(join(folder, 'src/main.c'), '#include "skill.h"\nint broken(void) { return }\n');
  const { code, stderr } = await projects.skill(folder, 'build');
  expect(code).toBe(6);
  expect(stderr).toContain('BUILD_FAILED');
  expect(stderr).toContain('src/main.c:2:');
});
