/** Configuration values that a test gives, by `wasi:config/store` in the guest. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { testSkill, type TestSkillOptions } from '../../packages/testing/src/index.ts';
import { runTests, type TestOutcome } from '../../packages/testing/src/runner/index.ts';
import { buildScript } from '../components/build.ts';

const wit = `package test:configured;
world guest {
  import wasi:config/store@0.2.0-rc.1;
  export read: func(key: string) -> option<string>;
}
package wasi:config@0.2.0-rc.1 {
  interface store {
    variant error { upstream(string), io(string) }
    get: func(key: string) -> result<option<string>, error>;
    get-all: func() -> result<list<tuple<string, string>>, error>;
  }
}`;
const script = `import store from 'wasi:config/store@0.2.0-rc.1';
export const read = (key) => store.get(key);`;

const folder = mkdtempSync(join(tmpdir(), 'skill-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

const manifest = join(folder, 'skill.toml');
beforeAll(async () => {
  const component = await buildScript('config-under-test', wit, script);
  writeFileSync(
    manifest,
    `[skill]\nname = "configured"\ncomponent = ${JSON.stringify(component)}\n[skill.config]\nregion = "eu"\nunits = "metric"\n`,
  );
});

async function read(key: string, options?: TestSkillOptions): Promise<unknown> {
  await using skill = await testSkill(manifest, options);
  const result = await skill.run('read', { key });
  return result.ok ? result.value : result.error;
}

it('gives the values of the test over those of the manifest', async () => {
  expect(await read('region')).toBe('eu');
  const config = { region: 'us', extra: 'new' };
  expect(await read('region', { config })).toBe('us');
  expect(await read('units', { config })).toBe('metric');
  expect(await read('extra', { config })).toBe('new');
  expect(await read('PATH', { config })).toBe(null);
});

it('refuses a value that is no text', async () => {
  const config = JSON.parse('{ "region": 1 }') as Record<string, string>;
  await expect(testSkill(manifest, { config })).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
});

it('tests as data: the file says it, a test over it; a wrong expectation and a wrong form fail', async () => {
  const file = join(folder, 'skill.test.toml');
  const test = (name: string, key: string, value: string, more = '') =>
    `[[tests]]\nname = "${name}"\ntool = "read"\nparameters = { key = "${key}" }\nexpect.value = "${value}"\n${more}\n`;
  const run = async (text: string) => {
    writeFileSync(file, text);
    const outcomes: TestOutcome[] = [];
    for await (const outcome of runTests([file])) outcomes.push(outcome);
    return outcomes.map(({ name, status, message }) => [name, status, message]);
  };
  const text =
    '[config]\nregion = "us"\nextra = "new"\n' +
    test('file', 'region', 'us') +
    test('test', 'region', 'jp', 'config.region = "jp"') +
    test('both', 'extra', 'new', 'config.region = "jp"') +
    test('manifest', 'units', 'metric') +
    test('wrong', 'region', 'eu');
  expect(await run(text)).toEqual([
    ...['file', 'test', 'both', 'manifest'].map((name) => [name, 'passed', undefined]),
    ['wrong', 'failed', expect.stringContaining('eu')],
  ]);
  expect(await run(`[config]\nregion = 1\n${test('file', 'region', '1')}`)).toEqual([
    ['the file', 'failed', expect.stringContaining('config.region')],
  ]);
});
