import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { main } from '../../packages/cli/src/main.ts';
import { buildGuest } from '../guests/build.ts';
import { FakeShell, type FakeOptions } from './fake-shell.ts';
import { Home } from './skill.ts';

const home = new Home();

async function skill(args: string[], options: FakeOptions = {}): Promise<string> {
  const shell = new FakeShell(options);
  await main(args, shell);
  return shell.stdout.text;
}

beforeAll(async () => {
  vi.stubEnv('SKILL_ENGINE_HOME', home.path);
  const answer = await buildGuest('answer');
  const trap = await buildGuest('trap');
  await skill(['run', answer, '--user', 'grace']);
  await skill(['run', trap, '--user', '=cmd()']);
  await skill(['run', answer, 'nope\u001b[2J']);
});

afterAll(() => {
  vi.unstubAllEnvs();
  home[Symbol.dispose]();
});

const list = async (...args: string[]): Promise<Record<string, unknown>[]> =>
  JSON.parse(await skill(['history', '--format', 'json', ...args])) as Record<string, unknown>[];

test('stats name what is degraded, for people and for programs', async () => {
  const text = await skill(['stats']);
  expect(text).toMatch(/\n\ndegraded trap: run failed 1 of 1 times: GUEST_TRAP 1\n$/);
  expect(await skill(['stats', '--skill', 'answer'])).not.toContain('degraded');
  const { health, tools } = JSON.parse(await skill(['stats', '--json'])) as Record<string, unknown>;
  expect(health).toMatchObject({
    status: 'degraded',
    // It ran once; what it does not have is the caller's mistake.
    skills: [
      { skill: 'answer', status: 'healthy', issues: [] },
      { skill: 'trap', status: 'degraded', failures: 1 },
    ],
  });
  expect(tools).toContainEqual(expect.objectContaining({ errors: { TOOL_NOT_FOUND: 1 } }));
});

test('newest first, with everything that filters say', async () => {
  const tools = (await list()).map((record) => record['tool_name']);
  expect(tools).toEqual(['nope\u001b[2J', 'run', 'run']);
  expect(await list('--skill', 'trap')).toHaveLength(1);
  expect(await list('--tool', 'run')).toHaveLength(2);
  expect(await list('--status', 'success')).toHaveLength(1);
  expect(await list('--user', 'grace')).toHaveLength(1);
  expect(await list('--since', '1h')).toHaveLength(3);
  expect(await list('--until', '1h')).toHaveLength(0);
  expect(await list('--limit', '2')).toHaveLength(2);
  expect(await list('--skill', 'answer', '--status', 'failure')).toHaveLength(1);
});

test('the table is for people: short, escaped, and coloured on terminals only', async () => {
  const file = await skill(['history']);
  expect(file.split('\n')[0]).toMatch(/^TIME +ID +SKILL +TOOL +STATUS +DURATION +ERROR +FUEL$/);
  expect(file).toContain('nope\\u{1b}[2J');
  expect(file).not.toContain('\u001b');
  const colours = { TERM: 'xterm' };
  const wide = await skill(['history'], { terminal: true, columns: 300, environment: colours });
  expect(wide).toContain('\u001b[32msuccess\u001b[0m');
  expect(wide).toMatch(/just now|s ago/);
  const plain = await skill(['history'], {
    terminal: true,
    columns: 80,
    environment: { ...colours, NO_COLOR: '1' },
  });
  expect(plain).not.toContain('\u001b');
  for (const line of plain.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});

test('JSON lines are one record each, the same as JSON', async () => {
  const lines = (await skill(['history', '--format', 'jsonl'])).trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(await list());
});

test('CSV has a header and one line for each record, without formulas', async () => {
  const lines = (await skill(['history', '--format', 'csv'])).trimEnd().split('\r\n');
  expect(lines).toHaveLength(4);
  expect(lines[0]).toMatch(/^execution_id,timestamp,skill_name,/);
  expect(lines[2]).toContain(`,"'=cmd()",`);
});

test('one record by the beginning of its id', async () => {
  const [record] = await list('--skill', 'trap');
  const id = String(record?.['execution_id']);
  const text = await skill(['history', 'show', id.slice(0, 8)]);
  expect(text).toContain(`execution_id                ${id}\n`);
  expect(text).toContain('error_code                  GUEST_TRAP\n');
  expect(JSON.parse(await skill(['history', 'show', id, '--json']))).toEqual(record);
});

test.each([
  [['--status', 'failure'], 'nope'],
  [['--tool', 'nope'], 'nope'],
  [['--user', 'second'], 'nope'],
  [['--skill', 'trap'], 'run'],
])('--follow shows only what is asked for: %j', async (filter, tool) => {
  const shell = new FakeShell({});
  const ended = main(
    ['history', '--follow', '--format', 'jsonl', '--limit', '1', ...filter],
    shell,
  );
  const lines = () => shell.stdout.text.split('\n').slice(0, -1);
  const answer = await buildGuest('answer');
  const ids = async (...args: string[]) =>
    (JSON.parse(await skill(['run', ...args, '--json'])) as { executionId: string }).executionId;
  const before = lines().length;
  await ids(answer, '--user', 'first');
  const failed = await ids(answer, 'nope', '--user', 'second');
  const trapped = await ids(await buildGuest('trap'), '--user', 'third');
  const wanted = tool === 'nope' ? failed : trapped;
  const all = () =>
    lines().map((line) => (JSON.parse(line) as { execution_id: string }).execution_id);
  while (!all().includes(wanted))
    await new Promise((resolve) => shell.stdout.once('said', resolve));
  for (const listener of shell.listeners) listener('SIGINT');
  expect(await ended).toBe(130);
  // Whatever was shown before it followed, of the three it shows those alone that the filter selects.
  const shown = all().slice(before);
  expect(shown).toContain(wanted);
  for (const line of lines()) {
    const record = JSON.parse(line) as Record<string, string>;
    const [flag = '', value] = filter;
    const field = {
      '--status': 'status',
      '--tool': 'tool_name',
      '--user': 'user',
      '--skill': 'skill_name',
    };
    expect(record[field[flag as keyof typeof field]]).toBe(value);
  }
});
