import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildGuest } from '../guests/build.ts';
import { Home, root } from './skill.ts';

const home = new Home({ warm: true });
let answer: string;
let loop: string;

beforeAll(async () => {
  [answer, loop] = await Promise.all([buildGuest('answer'), buildGuest('loop-forever')]);
});

afterAll(() => home[Symbol.dispose]());

test('a component file runs with no capability; the result alone is on standard output', async () => {
  const { code, stdout, stderr } = await home.run(['run', answer]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: '42\n' });
  expect(stderr).toMatch(/^execution [0-9a-f-]{36} \(.*fuel.*memory\)\n$/);
});

test('--json prints one object in one line, and nothing else', async () => {
  const { code, stdout, stderr } = await home.run(['run', answer, 'run', '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.split('\n')).toHaveLength(2);
  const result = JSON.parse(stdout) as Record<string, unknown>;
  expect(Object.keys(result)).toEqual([
    'ok',
    'value',
    'executionId',
    'fuelUsed',
    'memoryPeakBytes',
    'durationMs',
    'denials',
    'stdout',
    'stderr',
  ]);
  expect(result).toMatchObject({ ok: true, value: 42, denials: [] });
  const [record] = await home.history('--limit', '1');
  expect(record).toMatchObject({ execution_id: result['executionId'], status: 'success' });
});

test('--quiet leaves out the summary', async () => {
  expect(await home.run(['run', answer, '--quiet'])).toMatchObject({ stdout: '42\n', stderr: '' });
});

test('the record says who asked', async () => {
  await home.run(['run', answer, '--user', 'grace']);
  const [record] = await home.history('--user', 'grace');
  expect(record).toMatchObject({ user: 'grace', caller: { program: 'skill' } });
});

test('parameters become what the schema says', async () => {
  const skill = 'skills-wasm/text-stats';
  const flags = await home.accept(skill);
  const args = ['run', skill, 'count-text', '--text', '7 seven seven', '--top', '1'];
  const counted = await home.json([...args, '--min-length', '5', ...flags]);
  expect(counted).toMatchObject({
    ok: true,
    value: { words: 3, terms: [{ term: 'seven', count: 2 }] },
  });
  const params = JSON.stringify({ text: 'aaaa bbbb', top: 1 });
  const piped = await home.json(['run', skill, 'count-text', '--params', '-', '--top=2'], {
    input: params,
  });
  expect(piped).toMatchObject({ ok: true, value: { words: 2, terms: [{}, {}] } });
});

test('a refused parameter has the shape of the specification, and a record', async () => {
  const args = ['run', 'skills-wasm/text-stats', 'count-text', '--text', 'a', '--top', 'many'];
  const human = await home.run(args);
  expect(human).toMatchObject({ code: 3, stdout: '' });
  expect(human.stderr).toContain('error INVALID_PARAMETERS: ');
  expect(human.stderr).toContain('top: type integer, found many');
  expect(await home.json(args)).toMatchObject({
    ok: false,
    error: {
      code: 'INVALID_PARAMETERS',
      details: { parameter: 'top', rule: 'type', expected: 'integer', value: 'many' },
    },
  });
  const [record] = await home.history('--limit', '1');
  expect(record).toMatchObject({ error_code: 'INVALID_PARAMETERS', fuel_used: null });
});

test('a command gets what follows --, and its standard output is the result', async () => {
  const skill = 'skills-wasm/hash-files';
  const file = join(root, 'docs/reference/errors.md');
  const sum = createHash('sha256').update(readFileSync(file)).digest('hex');
  const { code, stdout } = await home.run([
    'run',
    skill,
    ...(await home.accept(skill)),
    '--',
    file,
  ]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: `${sum}  ${file}\n` });
  const empty = createHash('sha256').update('abc').digest('hex');
  const piped = await home.run(['run', skill, '--param-file', 'stdin=-'], { input: 'abc' });
  expect(piped).toMatchObject({ code: 0, stdout: `${empty}  -\n` });
});

test('arguments after -- are refused for tools that take none', async () => {
  const { code, stderr } = await home.run(['run', answer, '--', 'x']);
  expect(code).toBe(2);
  expect(stderr).toContain('arguments after -- are for commands only');
});

test.each([
  ['exit-failure', 1, 'TOOL_FAILED'],
  ['exit-code', 1, 'TOOL_FAILED'],
  ['trap', 1, 'GUEST_TRAP'],
  ['unknown-import', 6, 'COMPONENT_IMPORT_UNKNOWN'],
])('the guest %s ends with exit code %i', async (name, exit, error) => {
  const { code, stdout, stderr } = await home.run(['run', await buildGuest(name)]);
  expect({ code, stdout }).toEqual({ code: exit, stdout: '' });
  expect(stderr).toContain(`error ${error}: `);
});

test('limits can be narrowed', async () => {
  const slow = await home.run(['run', loop, '--timeout', '0.3']);
  expect(slow).toMatchObject({ code: 5, stdout: '' });
  expect(slow.stderr).toContain('error TIMEOUT: ');
  const costly = await home.run(['run', loop, '--fuel', '1_000']);
  expect(costly.code).toBe(5);
  expect(costly.stderr).toContain('error FUEL_EXHAUSTED: ');
});

test('a limit cannot be widened, and the command line says so', async () => {
  const { code, stderr } = await home.run(['run', answer, '--timeout', '86400']);
  expect(code).toBe(0);
  expect(stderr).toContain('note: --timeout is above the limit of answer, which stays\n');
});

test('what a guest prints never reaches standard output, except from a command', async () => {
  const flood = await buildGuest('print-flood');
  const { code, stdout, stderr } = await home.run(['run', flood, '--output', '4K', '--json']);
  expect({ code, stderr }).toEqual({ code: 5, stderr: '' });
  const { error, stdout: printed } = JSON.parse(stdout) as { error: object; stdout: string };
  expect(error).toMatchObject({ code: 'OUTPUT_LIMIT' });
  expect(printed.length).toBeLessThanOrEqual(4096);
});

test('a granted path where nothing is, is told when the tool fails, and only then', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'skill-nothing-'));
  const [answerFile, failing] = await Promise.all([
    buildGuest('answer'),
    buildGuest('exit-failure'),
  ]);
  const run = async (component: string, ...more: string[]) => {
    const manifest = `[skill]\nname = "nothing-there"\ncomponent = ${JSON.stringify(component)}\n[skill.capabilities]\nfilesystem = ["read:.", "write:./out"]\n`;
    writeFileSync(join(folder, 'skill.toml'), manifest);
    return home.run(['run', folder, ...(await home.accept(folder)), ...more]);
  };
  const note = `note: ${join(folder, 'out')} is granted, but nothing is there\n`;
  expect((await run(failing)).stderr).toContain(note);
  expect((await run(failing)).stderr.match(/note:/g)).toHaveLength(1);
  expect((await run(failing, '--quiet')).stderr).not.toContain('note:');
  expect((await run(answerFile)).stderr).not.toContain('note:');
  mkdirSync(join(folder, 'out'));
  expect((await run(failing)).stderr).not.toContain('note:');
  rmSync(folder, { recursive: true });
});
