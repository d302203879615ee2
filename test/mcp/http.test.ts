/** MCP over streamable HTTP: what works, with the official client and without. */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { expect, it } from 'vitest';
import { serveOverHttp } from '@skill-engine/mcp';
import { Bench, call, initialize, responseTo } from './http-bench.ts';

const clientOf = (mode: 'legacy' | { pin: string }) =>
  new Client({ name: 'test-client', version: '1.0.0' }, { versionNegotiation: { mode } });

it.each([
  ['in a session', 'legacy' as const],
  ['without sessions', { pin: '2026-07-28' }],
])('speaks with the official client %s', async (_how, mode) => {
  await using bench = await Bench.open();
  const client = clientOf(mode);
  const transport = new StreamableHTTPClientTransport(new URL(bench.url));
  await client.connect(transport);
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual(['answer__run', 'loop-forever__run']);
  const good = await client.callTool({ name: 'answer__run', arguments: {} });
  expect(good).toMatchObject({ isError: false, structuredContent: { ok: true, value: 42 } });
  const unknown = await client.callTool({ name: 'install', arguments: {} });
  expect(unknown).toMatchObject({ isError: true, structuredContent: { ok: false } });
  const records = await bench.records();
  expect(records).toHaveLength(2);
  for (const record of records) {
    expect(record).toMatchObject({
      user: 'operator',
      caller: {
        face: 'mcp',
        transport: 'http',
        address: '127.0.0.1',
        client: 'test-client 1.0.0',
      },
    });
  }
  const { sessionId } = transport;
  expect(sessionId === undefined).toBe(mode !== 'legacy');
  // Who reads the record learns which session it was, and not how to speak in it.
  if (sessionId !== undefined) {
    expect(JSON.stringify(records)).not.toContain(sessionId);
    expect(records[0]).toMatchObject({
      caller: { session: expect.stringMatching(/^[0-9a-f]{16}$/) },
    });
  }
  await client.close();
});

it.each(['legacy' as const, { pin: '2026-07-28' }])(
  'a call that the client gives up is cancelled: %j',
  async (mode) => {
    await using bench = await Bench.open();
    const client = clientOf(mode);
    await client.connect(new StreamableHTTPClientTransport(new URL(bench.url)));
    const over = new AbortController();
    const { signal } = over;
    const loop = client.callTool({ name: 'loop-forever__run', arguments: {} }, { signal });
    await bench.untilLast('running');
    over.abort();
    await expect(loop).rejects.toThrow('abort');
    expect(await bench.untilLast('cancelled')).toMatchObject({ error_code: 'CANCELLED' });
    await client.close();
  },
);

it('answers as events, keeps a stream per session, and ends a session when asked to', async () => {
  await using bench = await Bench.open();
  const session = await bench.session();
  const answer = await bench.post(call('answer__run'), session);
  expect(answer.headers['content-type']).toBe('text/event-stream');
  expect(answer.json).toMatchObject({ id: 1, result: { structuredContent: { value: 42 } } });
  const told = await bench.post({ jsonrpc: '2.0', method: 'notifications/initialized' }, session);
  expect(told).toMatchObject({ status: 202, text: '' });
  const stream = bench.start('GET', session);
  const { statusCode, headers } = await responseTo(stream);
  expect({ statusCode, type: headers['content-type'] }).toEqual({
    statusCode: 200,
    type: 'text/event-stream',
  });
  expect((await bench.send('GET', session)).status).toBe(409);
  const version = { ...session, 'mcp-protocol-version': '1999-01-01' };
  expect((await bench.post(call('answer__run'), version)).status).toBe(400);
  expect((await bench.send('DELETE', session)).status).toBe(200);
  expect((await bench.post(call('answer__run'), session)).status).toBe(404);
});

it('tells what a request lacks', async () => {
  await using bench = await Bench.open();
  expect((await bench.post(call('answer__run'))).json.error?.message).toContain('initialize');
  expect((await bench.post('{')).json.error).toMatchObject({ code: -32_700 });
  expect((await bench.post(initialize, { accept: 'text/html' })).status).toBe(406);
  expect((await bench.post(initialize, { 'content-type': 'text/plain' })).status).toBe(415);
  expect(await bench.send('PUT')).toMatchObject({
    status: 405,
    headers: { allow: 'GET, POST, DELETE' },
  });
  const elsewhere = await fetch(bench.url.replace('/mcp', '/'));
  expect([elsewhere.status, await elsewhere.text()]).toEqual([
    404,
    expect.stringContaining('/mcp'),
  ]);
  // None of these opened a session that would stand in the way.
  expect(await bench.records()).toEqual([]);
});

it('cannot listen: says why, and what helps', async () => {
  await using bench = await Bench.open();
  const { port } = new URL(bench.url);
  const listen = (options: object) => serveOverHttp(bench.engine, options);
  await expect(listen({ port: Number(port) })).rejects.toMatchObject({
    code: 'LISTEN_FAILED',
    message: expect.stringMatching(/127\.0\.0\.1:\d+: another program listens there.*another port/),
  });
  const token = 'x'.repeat(32);
  await expect(listen({ host: '192.0.2.1', token })).rejects.toMatchObject({
    code: 'LISTEN_FAILED',
    message: expect.stringContaining('no address of this machine'),
  });
  await expect(listen({ host: 'nowhere.invalid' })).rejects.toMatchObject({
    code: 'LISTEN_FAILED',
    message: expect.stringContaining('"nowhere.invalid" is no address'),
  });
  for (const wrong of [
    { port: 65_536 },
    { port: 1.5 },
    { limits: { calls: 0 } },
    { limits: { call: 1 } },
    { limits: { stallMs: 2 ** 31 } },
  ]) {
    await expect(listen(wrong)).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
  }
});
