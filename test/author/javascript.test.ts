/** The author's path for JavaScript and TypeScript: new, build, test, run, dev. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { root } from '../cli/skill.ts';
import { Projects } from './projects.ts';

let projects: Projects;
beforeAll(() => {
  projects = new Projects();
});
afterAll(() => projects[Symbol.dispose]());

it.each([
  ['ts', 'tool'],
  ['ts', 'files'],
  ['ts', 'http'],
  ['js', 'tool'],
  ['js', 'files'],
])('%s, template %s: new, build, its own tests', async (lang, template) => {
  const folder = await projects.make(`${lang}-${template}`, '--lang', lang, '--template', template);
  const built = await projects.skill(folder, 'build');
  expect(built).toMatchObject({ code: 0, stdout: '' });
  expect(built.stderr).toMatch(/^built .*\.wasm \(\d/);
  const tested = await projects.skill(folder, 'test');
  expect(tested).toMatchObject({ code: 0, stdout: expect.stringMatching(/^[23] passed/m) });
});

it('the TypeScript of the templates is sound', () => {
  for (const template of ['tool', 'files', 'http']) {
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const checked = spawnSync(
      process.execPath,
      [tsc, '-p', join(projects.folder, `ts-${template}`)],
      {
        encoding: 'utf8',
      },
    );
    expect(checked).toMatchObject({ status: 0, stdout: '' });
  }
});

it('a built skill runs, and its errors have their codes', async () => {
  const folder = join(projects.folder, 'ts-tool');
  const result = await projects.skill(folder, 'run', '.', '--text', 'One two. Three!', '--json');
  expect(JSON.parse(result.stdout)).toMatchObject({ ok: true, value: { sentences: 2, words: 3 } });
  const failed = await projects.skill(folder, 'run', '.', '--text', '...', '--json');
  expect(JSON.parse(failed.stdout)).toMatchObject({
    error: { code: 'TOOL_FAILED', details: { toolCode: 'no-words' } },
  });
});

it('what nobody expected says its name and where it was thrown', async () => {
  const folder = await projects.make('buggy', '--lang', 'js');
  const main = join(folder, 'src/main.js');
  writeFileSync(main, readFileSync(main, 'utf8').replace('text.match(', 'text.macht('));
  await projects.skill(folder, 'build');
  const { code, stderr } = await projects.skill(folder, 'run', '.', '--text', 'a');
  expect(code, stderr).toBe(1);
  expect(stderr).toMatch(/^error TOOL_FAILED: TypeError: not a function\n {2}details: at run \(/m);
});

it('makes no project where it cannot, and says why', async () => {
  writeFileSync(join(projects.folder, 'taken'), '');
  for (const path of ['taken', 'taken/below']) {
    const { code, stderr } = await projects.skill(projects.folder, 'new', path, '--lang', 'c');
    expect(code).toBe(2);
    expect(stderr).toBe(
      `error INVALID_OPTIONS: No project can be made at ${path}: a file is in the way.\n`,
    );
  }
  mkdirSync(join(projects.folder, 'repository/.git'), { recursive: true });
  const made = await projects.skill(projects.folder, 'new', 'repository', '--lang', 'c');
  expect(made).toMatchObject({ code: 0 });
});

it('touches nothing that is there', async () => {
  const again = await projects.skill(projects.folder, 'new', 'ts-tool', '--lang', 'ts');
  expect(again.code).toBe(2);
  expect(again.stderr).toContain('is there already');
  const odd = await projects.skill(projects.folder, 'new', 'No Name', '--lang', 'ts');
  expect(odd.stderr).toContain('no name for a skill');
  expect(existsSync(join(projects.folder, 'No Name'))).toBe(false);
});

it('says what does not build, and leaves the last component', async () => {
  const folder = join(projects.folder, 'js-tool');
  const main = join(folder, 'src/main.js');
  const sound = readFileSync(main, 'utf8');
  const component = readFileSync(join(folder, 'dist/js-tool.wasm'));
  for (const [source, problem, error = 'BUILD_FAILED'] of [
    ['export default {', 'main.js'],
    ["import 'node:fs'; export default 1;", 'node:fs: a module of Node'],
    [
      "import { x } from 'not-installed'; import '@not/installed/part'; export default x;",
      'npm install not-installed @not/installed if',
      'TOOLCHAIN_MISSING',
    ],
    [`${sound}; throw new Error('thrown at the top');`, 'thrown at the top'],
  ] as const) {
    writeFileSync(main, source);
    const { code, stderr } = await projects.skill(folder, 'build');
    expect(code, stderr).toBe(6);
    expect(stderr).toContain(error);
    expect(stderr).toContain(problem);
    expect(readFileSync(join(folder, 'dist/js-tool.wasm')).equals(component)).toBe(true);
  }
  writeFileSync(main, sound);
});

it('dev and build --watch of a folder that is not there', async () => {
  for (const verb of [
    ['dev', 'nowhere'],
    ['build', 'nowhere', '--watch'],
  ]) {
    const { code, stderr } = await projects.skill(projects.folder, ...(verb as [string]));
    expect(code).toBe(6);
    expect(stderr).toMatch(/^error MANIFEST_NOT_FOUND: nowhere cannot be watched: ENOENT/);
  }
});

it('names the package that a build needs and does not find', async () => {
  const folder = join(projects.folder, 'js-tool');
  const { code, stderr } = await projects.skill(folder, 'build', '--engine', 'starlingmonkey');
  expect(code).toBe(6);
  expect(stderr).toContain('TOOLCHAIN_MISSING');
  expect(stderr).toContain('npm install --save-dev @bytecodealliance/componentize-js');
});

it('loads builders that are made for import alone, and names what they lack themselves', async () => {
  const folder = await projects.make('builder', '--lang', 'js');
  const builder = join(folder, 'node_modules/@bytecodealliance/componentize-js');
  mkdirSync(builder, { recursive: true });
  const package_ = { type: 'module', exports: { types: './x.d.ts', import: './main.js' } };
  writeFileSync(join(builder, 'package.json'), JSON.stringify(package_));
  const build = (source: string) => {
    writeFileSync(join(builder, 'main.js'), source);
    return projects.skill(folder, 'build', '--engine', 'starlingmonkey');
  };
  const lacking = await build("import 'not-installed-either'; export const componentize = 1;");
  expect(lacking.code).toBe(6);
  expect(lacking.stderr).toContain('TOOLCHAIN_MISSING: The npm package not-installed-either is');
  // What it was handed comes back as the component: that is all that this test wants to see.
  const built = await build(
    'export const componentize = async (code, wit, { disableFeatures }) => ' +
      '({ component: Buffer.from(`${disableFeatures} ${wit.includes("world skill")}`) });',
  );
  expect(built.stderr).toMatch(/^built builder: /);
  expect(readFileSync(join(folder, 'dist/builder.wasm'), 'utf8')).toBe('http,fetch-event true');
});

it('writes nowhere but into the folder that it builds', async () => {
  const folder = await projects.make('outside', '--lang', 'js');
  const manifest = join(folder, 'skill.toml');
  writeFileSync(
    manifest,
    readFileSync(manifest, 'utf8').replace('./dist/outside.wasm', '../elsewhere.wasm'),
  );
  const { code, stderr } = await projects.skill(folder, 'build');
  expect(code, stderr).toBe(2);
  expect(stderr).toContain('writes only inside');
  expect(existsSync(join(projects.folder, 'elsewhere.wasm'))).toBe(false);
  rmSync(folder, { recursive: true });
});

it('dev builds again at a change and runs the tool again, with what was granted', async () => {
  const folder = join(projects.folder, 'js-files');
  // The only tool need not be named.
  const args = ['dev', '.', '--grant', '--text', 'fox', '--quiet'];
  const temporary = join(projects.folder, 'temporary');
  mkdirSync(temporary);
  const child = projects.home.start(args, { cwd: folder, environment: { TMPDIR: temporary } });
  let seen = '';
  const until = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!seen.includes(text)) return;
        child.stdout.off('data', look).off('end', gone);
        child.stderr.off('data', look);
        resolve();
      };
      const gone = () => reject(new Error(`ended before ${text}: ${seen}`));
      child.stdout.on('data', look).on('end', gone);
      child.stderr.on('data', look);
      look();
    });
  child.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (seen += chunk.toString()));
  await until('watching for changes');
  expect(seen).toContain('"line": 1');
  const main = join(folder, 'src/main.js');
  const source = readFileSync(main, 'utf8');
  writeFileSync(main, source.replace('complete: true', 'complete: "all of it"'));
  await until('"complete": "all of it"');
  writeFileSync(main, 'export default');
  await until('BUILD_FAILED');
  // It goes on after what does not build, and takes up the manifest as well.
  writeFileSync(main, source.replace('complete: true', 'complete: "repaired"'));
  await until('"complete": "repaired"');
  const manifest = join(folder, 'skill.toml');
  const sound = readFileSync(manifest, 'utf8');
  writeFileSync(manifest, `${sound}\nhalf = [`);
  await until('MANIFEST_SYNTAX');
  writeFileSync(main, source.replace('complete: true', 'complete: "again"'));
  writeFileSync(manifest, sound);
  await until('"complete": "again"');
  const code = new Promise((resolve) => child.on('close', resolve));
  child.kill('SIGINT');
  expect(await code).toBe(130);
  expect(readdirSync(temporary)).toEqual([]);
});

it('dev gives a skill nothing that nobody granted', async () => {
  const folder = await projects.make('ungranted', '--lang', 'js', '--template', 'files');
  const child = projects.home.start(['dev', '.', 'find', '--text', 'fox'], { cwd: folder });
  let seen = '';
  await new Promise<void>((resolve) => {
    const collect = (chunk: Buffer) => {
      seen += chunk.toString();
      if (seen.includes('watching')) resolve();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
  });
  child.kill('SIGINT');
  expect(seen).toContain('gets none: --grant');
  expect(seen).toContain('beneath no granted directory');
  expect(seen).not.toContain('quick brown');
});
