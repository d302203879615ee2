/** `skill test`, as a process. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Home, root } from './skill.ts';

const folder = mkdtempSync(join(tmpdir(), 'skill-tests-'));
const home = new Home({ warm: true });
afterAll(() => {
  rmSync(folder, { recursive: true });
  home[Symbol.dispose]();
});

const skill = join(root, 'skills-wasm/text-stats');

test('the tests of the example skills pass', { timeout: 300_000 }, async () => {
  // Those in Go and Python are built, and tested by test/skills, where their compilers are.
  const built = ['archive-list', 'fetch-json', 'hash-files', 'query-data', 'report', 'search-text'];
  const paths = [...built, 'text-stats'].map((name) => `skills-wasm/${name}`);
  const { code, stdout, stderr } = await home.run(['test', ...paths]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^skills-wasm\/text-stats\/skill\.test\.toml$/m);
  expect(stdout).toMatch(/^ {2}ok {7}hashes a file {2}\(\d+ ms\)$/m);
  expect(stdout).toMatch(/\n\d+ passed \(\d+\.\d s\)\n$/);
});

test('files of JavaScript and TypeScript run in Node, and find the package without installing it', async () => {
  writeFileSync(
    join(folder, 'a.test.ts'),
    `import { describe, test } from 'node:test';
     import { assertFails, assertSucceeds, testSkill, type SkillTest } from '@skill-engine/testing';
     import { errorCodes } from '@skill-engine/engine';
     console.log('printed', errorCodes.TIMEOUT.owner);
     describe('text-stats', () => {
       test('counts', async () => {
         await using skill: SkillTest = await testSkill(${JSON.stringify(skill)});
         assertSucceeds(await skill.run('count-text', { text: 'a b' }));
       });
       test('is <wrong>', async () => {
         await using skill = await testSkill(${JSON.stringify(skill)});
         assertFails(await skill.run('count-text', { text: 'a b' }), 'TIMEOUT');
       });
     });
     test.skip('later', () => {});`,
  );
  writeFileSync(join(folder, 'broken.test.js'), `import './nowhere.js';`);
  writeFileSync(join(folder, 'empty.test.mjs'), `export {};`);
  const report = join(folder, 'report.xml');
  const { code, stdout, stderr } = await home.run(['test', '--junit', report], { cwd: folder });
  expect(code).toBe(1);
  expect(stdout).toMatch(/ok {7}text-stats > counts/);
  expect(stdout).toMatch(/failed {3}text-stats > is <wrong>.*\n +Expected a failure with TIMEOUT/);
  expect(stdout).toMatch(/skipped {2}later/);
  expect(stdout).toMatch(/empty\.test\.mjs\n {2}failed {3}the file.*\n +There is no test in it/);
  expect(stdout).toContain('1 passed, 3 failed, 1 skipped');
  expect(stderr).toContain('printed guest');
  expect(stderr).toContain('nowhere.js');
  const xml = readFileSync(report, 'utf8');
  expect(xml).toContain('<testsuites name="skill test" tests="5" failures="3" errors="0" time=');
  assertReadable(xml);
  expect(xml).toContain('<testcase name="text-stats &gt; is &lt;wrong&gt;"');
  expect(xml).toMatch(/<failure message="Expected a failure with TIMEOUT[^"]*">/);
});

/** Elements and attributes that all known readers take, and those without which some refuse the whole report. */
const known: Readonly<Record<string, { readonly may: string; readonly must: string }>> = {
  testsuites: { may: 'name time tests failures errors', must: '' },
  testsuite: { may: 'time skipped', must: 'name tests failures errors' },
  testcase: { may: 'classname time', must: 'name' },
  failure: { may: 'message type', must: '' },
  skipped: { may: 'message type', must: '' },
};

function assertReadable(xml: string): void {
  const suites = [...xml.matchAll(/<testsuite [^>]*skipped="(\d+)"/g)];
  expect(suites.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(1);
  for (const [, name = '', text = ''] of xml.matchAll(/<([a-z]+)((?: [a-z]+="[^"]*")*)\/?>/g)) {
    const attributes = [...text.matchAll(/ ([a-z]+)=/g)].map(([, attribute]) => attribute!);
    const { may, must } = known[name]!;
    const allowed = `${may} ${must}`.split(' ');
    expect(allowed, name).toEqual(expect.arrayContaining(attributes));
    if (must !== '') expect(attributes, name).toEqual(expect.arrayContaining(must.split(' ')));
  }
}

test('--json prints one object, with what failed', async () => {
  const file = join(folder, 'one.test.toml');
  const toml = `skill = ${JSON.stringify(skill)}\n[[tests]]\nname = "it\\u0007"\ntool = "none"\n`;
  writeFileSync(file, toml);
  const { code, stdout } = await home.run(['test', file, '--json']);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    ok: false,
    passed: 0,
    failed: 1,
    tests: [
      {
        file,
        name: 'it\u0007',
        status: 'failed',
        message: expect.stringContaining('TOOL_NOT_FOUND'),
      },
    ],
  });
  // Nothing of a name reaches a terminal as it is.
  expect((await home.run(['test', file])).stdout).toContain('it\\u{7}');
});

test.each([
  [['test', 'docs'], 'there is no *.test.toml'],
  [['test', 'skills-wasm/report', '--filter', 'nothing at all'], 'no test has a name'],
  [['test', '--filter', '('], '--filter'],
])('%j is wrong use', async (args, says) => {
  const { code, stderr } = await home.run(args);
  expect(code).toBe(2);
  expect(stderr).toContain(says);
});
