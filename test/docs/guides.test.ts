/** The skills and programs of the guides on typed components and on embedding, as they stand there. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildScript } from '../components/build.ts';

const embedding = 'docs/guides/embedding.md';
const typed = 'docs/guides/typed-components.md';

function blocks(page: string, language: string): string[] {
  const text = readFileSync(page, 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map(
    ([, code = '']) => code,
  );
}

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'skill-guides-'));
  for (const [page, name] of [
    [embedding, 'orders'],
    [typed, 'greeter'],
  ] as const) {
    const [wit, script] = [blocks(page, 'wit')[0]!, blocks(page, 'js')[0]!];
    copyFileSync(await buildScript(name, wit, script), join(folder, `${name}.wasm`));
  }
  writeFileSync(join(folder, 'skill.toml'), blocks(embedding, 'toml')[0]!);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each(blocks(embedding, 'ts').map((code, index) => [index, code] as const))(
  'program %i of the embedding guide prints what the guide says',
  (index, code) => {
    mkdirSync('.cache/snippets', { recursive: true });
    const file = resolve('.cache/snippets', `embedding-${index}.ts`);
    writeFileSync(file, code);
    const { status, stderr, stdout } = spawnSync(process.execPath, [file], {
      encoding: 'utf8',
      cwd: folder,
      env: { ...process.env, SKILL_ENGINE_HOME: join(folder, 'home') },
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const said = [...readFileSync(embedding, 'utf8').matchAll(/^It prints `(.*)`\.$/gm)];
    expect(stdout.trim()).toBe(said[index]![1]);
  },
);

it('the commands of the guide to typed components build, describe and run its component', () => {
  const place = join(folder, 'typed');
  mkdirSync(place);
  writeFileSync(join(place, 'world.wit'), blocks(typed, 'wit')[0]!);
  writeFileSync(join(place, 'greeter.js'), blocks(typed, 'js')[0]!);
  // As `npx` finds them in a project that has them installed.
  const commands = blocks(typed, 'sh')[0]!
    .replaceAll('npx componentize-qjs', resolve('node_modules/.bin/componentize-qjs'))
    .replaceAll('npx skill', `${process.execPath} ${resolve('packages/cli/bin/skill.js')}`);
  const { status, stdout, stderr } = spawnSync('sh', ['-ec', commands], {
    encoding: 'utf8',
    cwd: place,
    env: { ...process.env, SKILL_ENGINE_HOME: join(folder, 'home') },
  });
  expect({ status, stderr }).toMatchObject({ status: 0 });
  expect(stdout).toContain('greeter.wasm: 1 described\n');
  expect(stdout).toContain('Hello, Countess Ada');
});
