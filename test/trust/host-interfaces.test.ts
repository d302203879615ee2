/** Skills that need an interface of the embedding program can be installed and linted where nobody offers it. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { findSkills, lint, prepareInstall } from '../../packages/engine/src/index.ts';
import { buildScript } from '../components/build.ts';
import { Bench, manifest } from './packages.ts';

const bench = new Bench();
afterAll(() => bench[Symbol.dispose]());

const world = `package test:offered;
world guest {
  import app:db/query@1.0.0;
  export ask: func() -> u32;
}
package app:db@1.0.0 {
  interface query { count: func() -> u32; }
}`;
const script = `import { count } from 'app:db/query@1.0.0';\nexport const ask = () => count();\n`;

async function packageOf(lines: string): Promise<string> {
  const folder = await bench.package({ 'skill.toml': manifest(lines) });
  copyFileSync(await buildScript('offered', world, script), join(folder, 'answer.wasm'));
  return folder;
}

const named = '[skill.capabilities]\ninterfaces = ["app:db/query@1.0.0"]';

test('what the manifest names is installed; what it does not name is refused by name', async () => {
  const [candidate] = await prepareInstall(await packageOf(named), { home: bench.home });
  expect(candidate?.package.needsConsent).toBe(true);
  await expect(prepareInstall(await packageOf(''), { home: bench.home })).rejects.toMatchObject({
    code: 'COMPONENT_IMPORT_UNKNOWN',
    message: expect.stringContaining('app:db/query@1.0.0'),
  });
});

test('lint holds the interface against the imports', async () => {
  const unusedIn = async (lines: string) => {
    const [source] = await findSkills(await packageOf(lines));
    const found = await lint(source!, bench.home);
    return found.filter(({ id }) => id === 'grant-unused').map(({ message }) => message);
  };
  expect(await unusedIn(named)).toEqual([]);
  expect(await unusedIn(named.replace('query', 'other'))).toEqual([
    expect.stringContaining('app:db/other@1.0.0'),
  ]);
});
