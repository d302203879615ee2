/** Tests as data: the form, and each expectation on a skill that violates it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  findTests,
  parseDeclared,
  runTests,
  type RunnerOptions,
  type TestOutcome,
} from '../../packages/testing/src/runner/index.ts';
import { probeFolder } from './skill.ts';

const folder = mkdtempSync(join(tmpdir(), 'skill-declared-'));
afterAll(() => rmSync(folder, { recursive: true }));

let skill = '';
beforeAll(async () => {
  skill = await probeFolder('filesystem = ["write:/data"]\nnetwork = ["https://a.com"]');
});

async function run(text: string, options: RunnerOptions = {}): Promise<TestOutcome[]> {
  const path = join(folder, 'skill.test.toml');
  writeFileSync(path, `skill = ${JSON.stringify(skill)}\n${text}`);
  const outcomes: TestOutcome[] = [];
  for await (const outcome of runTests([path], options)) outcomes.push(outcome);
  return outcomes;
}

const fetchCode = `
  const request = new wasi.http.types.OutgoingRequest(new wasi.http.types.Fields());
  request.setScheme({ tag: "HTTPS" }); request.setAuthority("a.com"); request.setPathWithQuery("/");
  wasi.http.outgoingHandler.handle(request, undefined).subscribe().block();`;
const codes = {
  answer: 'return { n: 42, more: [1] }',
  denied: `const [[d]] = wasi.filesystem.preopens.getDirectories();
    try { d.openAt({}, "../x", {}, { read: true }) } catch {}`,
  writes: `const [[d]] = wasi.filesystem.preopens.getDirectories();
    d.openAt({}, "new", { create: true }, { write: true }).write(utf8.encode("text"), 0);
    d.unlinkFileAt("old");`,
  prints: 'wasi.cli.stdout.getStdout().blockingWriteAndFlush(utf8.encode("hi")); return 1',
  fetches: fetchCode,
};

function declared(code: keyof typeof codes, expected: string): string {
  return `[http."GET https://a.com/"]
body = "ok"
[fs]
"/data/old" = "old"
[[tests]]
name = "it"
tool = "eval"
parameters = { code = ${JSON.stringify(codes[code])} }
${expected}`;
}

/** By what the guest does: expectations that hold, and those that do not, with what a failure says of each. */
const expectations: Readonly<
  Record<keyof typeof codes, { kept: readonly string[]; violated: readonly [string, string][] }>
> = {
  answer: {
    kept: [
      'value = { value = { n = 42, more = [1] } }',
      'fuel = { min = 1, max = 1e9 }',
      'memory = 64_000_000',
      'audit = { status = "success", tool_name = "eval", denials = [] }',
    ],
    violated: [
      ['value = { value = { n = 42 } }', 'another value'],
      ['fuel = { max = 1 }', 'units of fuel'],
      ['memory = 1', 'bytes of memory'],
      ['audit = { status = "denied" }', 'another audit record'],
    ],
  },
  denied: {
    kept: ['denied = ["/x"]', 'includes = {}'],
    violated: [
      ['denied = []', 'other denials'],
      ['error = "TIMEOUT"', 'failure with TIMEOUT'],
      ['audit = { no_such_field = 1 }', 'another audit record'],
    ],
  },
  writes: {
    kept: ['written = { "/data/new" = "text" }', 'removed = ["/data/old"]'],
    violated: [
      ['written = {}', 'written files'],
      ['removed = []', 'removed files'],
    ],
  },
  prints: {
    kept: ['stdout = "hi"', 'stderr = ""', 'includes = { value = 1 }'],
    violated: [
      ['stdout = ""', 'standard output'],
      ['stderr = "hi"', 'standard error'],
      ['includes = { value = 2 }', 'another value'],
    ],
  },
  fetches: {
    kept: ['requests = ["GET https://a.com/"]'],
    violated: [['requests = []', 'list of requests']],
  },
};

const ofExpect = (lines: readonly string[]) => lines.map((line) => `expect.${line}`).join('\n');

describe.each(Object.keys(codes) as (keyof typeof codes)[])('expectations: %s', (code) => {
  const { kept, violated } = expectations[code];

  it('passes where it holds and fails where it does not', async () => {
    const [passed] = await run(declared(code, ofExpect(kept)));
    expect(passed).toMatchObject({ name: 'it', status: 'passed' });
    const [failed] = await run(declared(code, ofExpect(violated.map(([line]) => line))));
    expect(failed).toMatchObject({ status: 'failed' });
    for (const [, says] of violated) expect(failed!.message).toContain(says);
  });
});

it('has a violation of every expectation', () => {
  const source = readFileSync('packages/testing/src/runner/declared-format.ts', 'utf8');
  const [, form = ''] =
    /const expectation = z\s+\.strictObject\(\{([^]*?)\n {2}\}\)/.exec(source) ?? [];
  const keys = [...form.matchAll(/^ {4}(\w+):/gm)].map(([, key]) => key);
  expect(keys.length).toBeGreaterThan(9);
  const violated = Object.values(expectations).flatMap((one) =>
    one.violated.map(([line]) => line.split(' ')[0]),
  );
  expect(new Set(violated)).toEqual(new Set(keys));
});

it('expects a success where nothing is said', async () => {
  const [outcome] = await run('[[tests]]\nname = "it"\ntool = "eval"');
  expect(outcome!.message).toContain('INVALID_PARAMETERS');
});

it('gives each test surroundings of its own, over those of the file', async () => {
  const read = `const [[d]] = wasi.filesystem.preopens.getDirectories();
    return utf8.decode(d.openAt({}, args, {}, { read: true }).read(9, 0)[0]);`;
  writeFileSync(join(folder, 'fixture.bin'), 'fixed');
  const test = (name: string, args: string, value: string, more = '') =>
    `[[tests]]\nname = "${name}"\ntool = "eval"\n${more}
     parameters = { code = ${JSON.stringify(read)}, args = "${args}" }\nexpect.value = { value = "${value}" }\n`;
  const outcomes = await run(
    `clock = 2030-01-01T00:00:00Z
     [fs]\n"/data/a" = "shared"\n"/data/b" = "other"
     ${test('shared', 'a', 'shared')}
     ${test('own', 'a', 'own', 'fs = { "/data/a" = "own" }')}
     ${test('kept', 'b', 'other', 'fs = { "/data/a" = "own" }')}
     ${test('file', 'c', 'fixed', 'fs = { "/data/c" = { file = "fixture.bin" } }')}
     ${test('bytes', 'c', 'abc', 'fs = { "/data/c" = { base64 = "YWJj" } }')}`,
  );
  expect(outcomes.map(({ status, message }) => message ?? status)).toEqual(
    Array.from({ length: 5 }, () => 'passed'),
  );
});

it('keeps fuel snapshots beside the file', async () => {
  const path = join(folder, 'skill.fuel.json');
  const text = declared('answer', 'expect.fuel = "snapshot"');
  rmSync(path, { force: true });
  writeFileSync(path, '{ "it": 1 }');
  expect((await run(text))[0]).toMatchObject({ status: 'failed' });
  expect((await run(text, { update: true }))[0]).toMatchObject({ status: 'passed' });
  expect(JSON.parse(readFileSync(path, 'utf8')).it).toBeGreaterThan(1000);
  expect((await run(text))[0]).toMatchObject({ status: 'passed' });
});

it('runs the tests that a filter names', async () => {
  const text = ['one', 'two']
    .map((name) => `[[tests]]\nname = "${name}"\ntool = "eval"\nparameters = { code = "" }\n`)
    .join('');
  expect((await run(text, { filter: /^t/ })).map(({ name }) => name)).toEqual(['two']);
});

it.each([
  ['[[tests]]\nname = "a"\ntool = "b"\nexpct = {}', 'expct'],
  ['[[tests]]\nname = "a"\ntool = "b"\nexpect.error = "NO_SUCH_CODE"', 'error'],
  ['[[tests]]\nname = "a"\ntool = "b"\nexpect.error = "TIMEOUT"\nexpect.value = 1', 'only one of'],
  ['[[tests]]\nname = "a"\ntool = "b"\n[[tests]]\nname = "a"\ntool = "b"', 'named "a"'],
  ['tests = []', 'tests'],
  ['', 'tests'],
  ['[[tests]\nname = "a"', '1:'],
])('refuses %j', async (text, says) => {
  expect(() => parseDeclared(text)).toThrow(says);
  const outcomes = await run(text.replace(/^$/, 'random = 1'));
  expect(outcomes).toMatchObject([{ name: 'the file', status: 'failed' }]);
});

it('finds test files, but not those of others', () => {
  const files = findTests('skills-wasm').map((file) => file.replace(/.*skills-wasm\//, ''));
  expect(files).toContain('text-stats/skill.test.toml');
  expect(files.filter((file) => /node_modules|dist/.test(file))).toEqual([]);
  expect(findTests('skills-wasm/report/skill.test.toml')).toHaveLength(1);
});
