/** The guides for authors, followed as they stand: their files are written, their `skill` commands are run. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { root } from '../cli/skill.ts';
import { compilers } from './compilers.ts';
import { Projects } from './projects.ts';

let projects: Projects;
beforeAll(() => {
  projects = new Projects();
});
afterAll(() => projects[Symbol.dispose]());

const isHere = { js: true, ...compilers };

it.each(Object.entries(isHere))('docs/guides/authoring-%s.md', async (language, here) => {
  const page = readFileSync(join(root, `docs/guides/authoring-${language}.md`), 'utf8');
  const blocks = [...page.matchAll(/^```(\w+)\n([^]*?)^```/gm)];
  let folder = '';
  let ran = 0;
  for (const [, kind, code = ''] of blocks) {
    const [, file] = /^(?:\/\/|#) (\S+\.\w+)\n/.exec(code) ?? [];
    if (file !== undefined) writeFileSync(join(folder, file), code);
    if (kind !== 'sh') continue;
    for (const line of code.split('\n').filter((text) => text.startsWith('skill '))) {
      const [, verb = '', ...args] = line.split(' ');
      if (verb === 'new') folder = await projects.make(`${args[0]}`, ...args.slice(1));
      // Without the compiler the files are written all the same, and no command is counted.
      else if (here) {
        const { code: exit, stdout, stderr } = await projects.skill(folder, verb, ...args);
        expect({ line, exit, said: stdout + stderr }).toMatchObject({ exit: 0 });
        ran += 1;
      }
    }
  }
  expect(ran).toBeGreaterThanOrEqual(here ? 2 : 0);
  projects.forget(folder);
});
