/** `skill serve --http`, as a process: how it begins, and how it ends. */
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildGuest } from '../guests/build.ts';
import { Home, ended, type Ended, type Options } from './skill.ts';

const home = new Home({ warm: true });
let answer: string;
let loop: string;

beforeAll(async () => {
  [answer, loop] = await Promise.all([buildGuest('answer'), buildGuest('loop-forever')]);
});

afterAll(() => home[Symbol.dispose]());

async function serve(args: string[], options: Options = {}) {
  // Nothing comes on standard input: over HTTP, that says nothing.
  const child = home.start(['serve', ...args], options);
  const end = ended(child);
  let said = '';
  child.stderr.on('data', (part: string) => (said += part));
  for (;;) {
    const [, url] = / at (http:\S+)/.exec(said) ?? [];
    if (url !== undefined) return { child, end, url, said: () => said };
    if (child.exitCode !== null) throw new Error(said);
    await pause(10);
  }
}

async function connectTo(url: string, token?: string): Promise<Client> {
  const client = new Client({ name: 'test', version: '1.0.0' });
  const requestInit = token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }));
  return client;
}

async function untilRunning(): Promise<string> {
  for (;;) {
    const [record] = await home.history('--status', 'running');
    if (record !== undefined) return String(record['execution_id']);
    await pause(20);
  }
}

async function recordOf(id: string): Promise<unknown> {
  return JSON.parse((await home.inside(['history', 'show', id, '--json'])).stdout);
}

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s in the middle of a call cancels it and ends the server', async (signal, exit) => {
  const server = await serve([answer, loop, '--http', '0', '--user', 'agent-7']);
  expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/mcp$/);
  expect(server.said()).toContain('note: every program and every user of this machine can call');
  const client = await connectTo(server.url);
  const result = await client.callTool({ name: 'answer__run', arguments: {} });
  expect(result.structuredContent).toMatchObject({ ok: true, value: 42 });
  const running = client.callTool({ name: 'loop-forever__run', arguments: {} });
  running.catch(() => undefined);
  const id = await untilRunning();
  server.child.kill(signal);
  expect(await server.end).toMatchObject({ code: exit, signal: null, stdout: '' });
  await client.close();
  expect(await recordOf(id)).toMatchObject({
    status: 'cancelled',
    user: 'agent-7',
    caller: { face: 'mcp', transport: 'http', client: 'test 1.0.0' },
  });
});

test('a server that is killed leaves a record that says so', async () => {
  const server = await serve([loop, '--http', ':0']);
  const client = await connectTo(server.url);
  client.callTool({ name: 'loop-forever__run', arguments: {} }).catch(() => undefined);
  const id = await untilRunning();
  server.child.kill('SIGKILL');
  expect((await server.end).signal).toBe('SIGKILL');
  expect(await recordOf(id)).toMatchObject({ status: 'interrupted' });
  await client.close();
});

const token = '0123456789abcdef0123456789abcdef';

test('the token comes from the environment or a file, and is asked for', async () => {
  const file = join(home.path, 'token');
  writeFileSync(file, `${token}\n`, { mode: 0o600 });
  for (const [more, environment] of [
    [['--token-file', file], {}],
    [[], { SKILL_ENGINE_HTTP_TOKEN: token }],
  ] as const) {
    const server = await serve([answer, '--http', '0.0.0.0:0', ...more], { environment });
    const url = server.url.replace('0.0.0.0', '127.0.0.1');
    await expect(connectTo(url)).rejects.toThrow(/401|token|unauthori/i);
    const client = await connectTo(url, token);
    expect((await client.listTools()).tools).toHaveLength(1);
    await client.close();
    server.child.kill('SIGTERM');
    const { stderr } = await server.end;
    expect(stderr).toContain('note: the token and what is called travel as they are');
    expect(stderr).not.toContain(token);
  }
});

const refused = (
  args: string[],
  environment: Record<string, string> = {},
): Promise<Omit<Ended, 'signal'>> => home.inside(['serve', answer, ...args], { environment });

test('what it cannot do, it says with the way out', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const used = await refused(['--http', String(port)]);
  expect(used).toMatchObject({ code: 7, stdout: '' });
  expect(used.stderr).toMatch(/error LISTEN_FAILED: .*another program listens there\. Choose/);
  taken.close();
  const open = await refused(['--http', '0.0.0.0:0']);
  expect(open.code).toBe(2);
  expect(open.stderr).toMatch(/error INVALID_OPTIONS: .*SKILL_ENGINE_HTTP_TOKEN or --token-file/);
  const readable = join(home.path, 'readable');
  writeFileSync(readable, token);
  chmodSync(readable, 0o644);
  for (const [args, message] of [
    [['--http=here'], '--http is "here"; it is HOST:PORT'],
    [['--http=127.0.0.1:99999'], '--http is "127.0.0.1:99999"'],
    [['--http', '0', '--token-file', readable], `chmod 600 ${readable}`],
    [['--http', '0', '--token-file', home.path], 'is not read: '],
    [['--http', '0', '--token-file', join(home.path, 'none')], 'ENOENT'],
    [['--http', '0', '--allow-origin', 'https://app.example/'], 'as in https://app.example'],
    [['--http', '0', '--allow-origin', '*'], 'such as https://app.example'],
    [['--allow-origin', 'https://app.example'], '--allow-origin is for --http'],
    [['--token-file', readable], '--token-file is for --http'],
  ] as const) {
    const { code, stderr } = await refused([...args]);
    expect({ args, code, stderr }).toEqual({
      args,
      code: 2,
      stderr: expect.stringContaining(message),
    });
  }
  const environment = { SKILL_ENGINE_HTTP_TOKEN: '' };
  const empty = await refused(['--http', '0'], environment);
  expect(empty).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('at least 16 characters'),
  });
  const both = await refused(['--http', '0', '--token-file', readable], environment);
  expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining('both given') });
});
