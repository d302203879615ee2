/** What a page in a browser, another program, another machine or a broken client can do to MCP over HTTP. */
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { serveOverHttp } from '@skill-engine/mcp';
import { Bench, call, headers, initialize, read, responseTo } from './http-bench.ts';

const token = 'a-token-of-many-characters';
/** As long as a busy machine needs. */
const patient = { timeout: 20_000 };
const bearer = { authorization: `Bearer ${token}` };

it('a page of another origin gets nothing, not even an answer to whether it may', async () => {
  await using bench = await Bench.open();
  const session = await bench.session();
  const { host, port } = new URL(bench.url);
  for (const origin of [
    'https://evil.example',
    'null',
    '',
    `http://127.0.0.1:${Number(port) + 1}`,
    `http://evil.example:${port}`,
    `https://${host}`,
    `http://${host}.evil.example`,
    `http://${host}, https://evil.example`,
  ]) {
    for (const method of ['POST', 'GET', 'DELETE', 'OPTIONS']) {
      const answer = await bench.send(method, { ...session, origin }, call('answer__run'));
      expect({ origin, method, status: answer.status }).toEqual({ origin, method, status: 403 });
      expect(Object.keys(answer.headers).join()).not.toContain('access-control');
    }
  }
  expect(await bench.records()).toEqual([]);
  const own = { ...session, origin: `http://${host}` };
  expect((await bench.post(call('answer__run'), own)).status).toBe(200);
  expect(bench.errors.join('\n')).toContain('"origin":"https://evil.example"');
});

it('a page of an allowed origin may ask, call and read', async () => {
  const origin = 'https://app.example';
  await using bench = await Bench.open({ allowedOrigins: [origin], token });
  const asked = await bench.send('OPTIONS', {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization, content-type',
  });
  expect(asked).toMatchObject({
    status: 204,
    headers: {
      'access-control-allow-origin': origin,
      'access-control-allow-headers': expect.stringContaining('authorization'),
    },
  });
  expect((await bench.post(initialize, { origin })).status).toBe(401);
  const opened = await bench.post(initialize, { origin, ...bearer });
  expect(opened).toMatchObject({
    status: 200,
    headers: {
      'access-control-allow-origin': origin,
      'access-control-expose-headers': 'mcp-session-id',
      vary: 'origin',
    },
  });
  const other = await bench.post(initialize, { origin: 'https://app.example.evil', ...bearer });
  expect(other.status).toBe(403);
});

it('a name that was made to mean this machine is not answered to', async () => {
  await using bench = await Bench.open({ allowedHosts: ['Tools.Example'] });
  const { port } = new URL(bench.url);
  for (const host of [
    'evil.example',
    `evil.example:${port}`,
    `127.0.0.1.evil.example:${port}`,
    `localhost.evil.example`,
    `evil.example@127.0.0.1`,
    `127.0.0.1:${port}@evil.example`,
    `127.0.0.1/evil.example`,
    `[::ffff:192.0.2.1]`,
    '192.0.2.1',
    '0.0.0.0',
  ]) {
    const { status } = await bench.post(initialize, { host });
    expect({ host, status }).toEqual({ host, status: 403 });
  }
  for (const host of ['localhost', `LOCALHOST:${port}`, '127.0.0.1:1', '[::1]', 'tools.example']) {
    const { status } = await bench.post(initialize, { host });
    expect({ host, status }).toEqual({ host, status: 200 });
  }
  const raw = async (head: string) => {
    const socket = connect({ host: '127.0.0.1', port: Number(port) });
    socket.end(`POST /mcp ${head}\r\nContent-Length: 0\r\n\r\n`);
    let text = '';
    for await (const part of socket) text += String(part);
    return Number(/^HTTP\/1.1 (\d+)/.exec(text)?.[1]);
  };
  expect(await raw('HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example')).toBeOneOf([400, 403]);
  expect(await raw('HTTP/1.1\r\nHost: evil.example\r\nHost: 127.0.0.1')).toBeOneOf([400, 403]);
  expect(await raw('HTTP/1.1\r\nHost:')).toBe(403);
  expect(await raw('HTTP/1.1')).toBe(400);
  expect(await raw('HTTP/1.0')).toBe(403);
});

it('without the token nothing is read, and none of it is told', async () => {
  await using bench = await Bench.open({ token });
  const session = await bench.session(bearer);
  for (const authorization of [
    undefined,
    '',
    'Bearer',
    'Bearer ',
    `Bearer ${token.slice(0, -1)}`,
    `Bearer ${token}x`,
    `Bearer ${token.toUpperCase()}`,
    `Basic ${token}`,
    token,
    `Bearer x Bearer ${token}`,
  ]) {
    const own = { ...session, ...(authorization === undefined ? {} : { authorization }) };
    for (const method of ['POST', 'GET', 'DELETE']) {
      const answer = await bench.send(method, own, call('answer__run'));
      expect(answer).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } });
    }
  }
  expect(await bench.records()).toEqual([]);
  expect(bench.errors.join('\n')).not.toContain(token.slice(0, -1));
  const lower = { ...session, authorization: `bearer ${token}` };
  expect((await bench.post(call('answer__run'), lower)).status).toBe(200);
  expect(JSON.stringify(await bench.records())).not.toContain(token);
});

it('without a token only loopback is listened to, whatever it is called', async () => {
  await using bench = await Bench.open();
  const outside = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4')?.address;
  const hosts = ['0.0.0.0', '::', '::ffff:0.0.0.0', '192.0.2.1', ...(outside ? [outside] : [])];
  for (const host of hosts) {
    await expect(serveOverHttp(bench.engine, { host })).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
      message: expect.stringMatching(/no access token.*Set a token.*or listen on 127\.0\.0\.1/),
    });
  }
  for (const weak of [
    '',
    'short',
    'x'.repeat(15),
    'with spaces in it, and more',
    'ümlaute-und-mehr-zeichen',
  ]) {
    await expect(serveOverHttp(bench.engine, { host: '0.0.0.0', token: weak })).rejects.toThrow(
      /at least 16 characters/,
    );
  }
  for (const host of ['127.0.0.2', 'localhost']) {
    await (await serveOverHttp(bench.engine, { host })).close();
  }
  await using open = await serveOverHttp(bench.engine, { host: '0.0.0.0', token });
  const url = open.url.replace('0.0.0.0', outside ?? '127.0.0.1');
  const body = JSON.stringify(initialize);
  const init = { method: 'POST', body, headers: headers as Record<string, string> };
  expect((await fetch(url, init)).status).toBe(401);
  const named = await fetch(url, { ...init, headers: { ...init.headers, ...bearer } });
  expect(named.status).toBe(200);
});

it('a body that is too large is refused, declared or not, and so is one that is nested without end', async () => {
  await using bench = await Bench.open({ limits: { bodyBytes: 1_000_000 } });
  const session = await bench.session();
  const large = JSON.stringify({ ...call('answer__run'), more: 'x'.repeat(1_000_000) });
  for (const own of [{}, { 'transfer-encoding': 'chunked' }]) {
    const { status, json } = await bench.post(large, { ...session, ...own });
    expect({ status, message: json.error?.message }).toEqual({
      status: 413,
      message: expect.stringContaining('1000000 bytes'),
    });
  }
  const declared = bench.start('POST', { ...session, 'content-length': '99999999999' });
  expect((await responseTo(declared)).statusCode).toBe(413);
  const deep = `${'['.repeat(400_000)}${']'.repeat(400_000)}`;
  for (const place of ['"arguments":', '"_meta":', '"arguments":{},"x":']) {
    const text = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"answer__run",${place}${deep}}}`;
    await bench.post(text, session);
  }
  expect((await bench.post(deep, session)).status).toBeGreaterThanOrEqual(400);
  expect((await bench.post(call('answer__run'), session)).status).toBe(200);
});

it('a request that does not arrive is ended', async () => {
  await using bench = await Bench.open({ limits: { requestMs: 1500 } });
  const { hostname, port } = new URL(bench.url);
  const lines = ['POST /mcp HTTP/1.1', `Host: ${hostname}`, 'Content-Length: 100', '', ''];
  for (const begun of [lines.slice(0, 2).join('\r\n'), lines.join('\r\n')]) {
    const socket = connect({ host: hostname, port: Number(port) });
    socket.write(begun);
    let text = '';
    for await (const part of socket) text += String(part);
    expect(text).toContain('408');
  }
  await bench.session();
});

it('a flood of sessions, connections or subscriptions finds no room, and gives it back', async () => {
  await using bench = await Bench.open({ limits: { sessions: 2, connections: 20 } });
  const first = await bench.session();
  const second = await bench.session();
  for (let each = 0; each < 50; each++) {
    const { status, headers: answered } = await bench.post(initialize);
    expect({ status, retry: answered['retry-after'] }).toEqual({ status: 503, retry: '10' });
  }
  expect((await bench.post(call('answer__run'), second)).status).toBe(200);
  await bench.send('DELETE', first);
  const third = await bench.session();
  await bench.send('DELETE', third);
  // What opens none takes no room.
  for (let each = 0; each < 5; each++) await bench.post(initialize, { accept: 'text/html' });
  await bench.session();
  const { hostname, port } = new URL(bench.url);
  const sockets = Array.from({ length: 60 }, () => connect({ host: hostname, port: Number(port) }));
  for (const socket of sockets) socket.on('error', () => undefined);
  await expect
    .poll(() => sockets.filter(({ closed }) => closed).length, patient)
    .toBeGreaterThanOrEqual(40);
  for (const socket of sockets) socket.destroy();
  await expect
    .poll(
      () =>
        bench.post(call('answer__run'), second).then(
          ({ status }) => status,
          () => 0,
        ),
      patient,
    )
    .toBe(200);
});

it('a session that nobody opened, or that has ended, is none', async () => {
  await using bench = await Bench.open({ limits: { sessionIdleMs: 800 } });
  for (const id of ['__proto__', 'x', '00000000-0000-4000-8000-000000000000', 'x'.repeat(4000)]) {
    for (const method of ['POST', 'GET', 'DELETE']) {
      const { status } = await bench.send(method, { 'mcp-session-id': id }, call('answer__run'));
      expect(status).toBe(404);
    }
  }
  expect(await bench.records()).toEqual([]);
  const idle = await bench.session();
  const held = await bench.session();
  const stream = bench.start('GET', held);
  await responseTo(stream);
  expect((await bench.post(call('answer__run'), held)).status).toBe(200);
  await pause(2000);
  expect((await bench.post(call('answer__run'), idle)).status).toBe(404);
  expect((await bench.post(call('answer__run'), held)).status).toBe(200);
  // The client vanishes and leaves its stream.
  stream.destroy();
  await pause(2000);
  expect((await bench.post(call('answer__run'), held)).status).toBe(404);
});

it('who goes away in the middle of a call, or deletes its session, leaves nothing running', async () => {
  await using bench = await Bench.open();
  const session = await bench.session();
  const gone = bench.start('POST', session, JSON.stringify(call('loop-forever__run')));
  await responseTo(gone);
  await bench.untilLast('running');
  gone.destroy();
  expect(await bench.untilLast('cancelled')).toMatchObject({ error_code: 'CANCELLED' });
  const left = read(bench.start('POST', session, JSON.stringify(call('loop-forever__run', 2))));
  await bench.untilLast('running');
  expect((await bench.send('DELETE', session)).status).toBe(200);
  expect((await left).text).not.toContain('result');
  await bench.untilLast('cancelled');
});

it('no more calls run at once than may, also in one request, and who gave up counts until it has ended', async () => {
  await using bench = await Bench.open({ limits: { calls: 2 } });
  const session = await bench.session();
  const batch = Array.from({ length: 50 }, (_, id) => call('loop-forever__run', id));
  const flood = bench.start('POST', session, JSON.stringify(batch));
  const response = await responseTo(flood);
  let text = '';
  response.on('data', (part: Buffer) => (text += String(part)));
  await expect.poll(() => text.match(/"CONCURRENCY_LIMIT"/g)?.length, patient).toBe(48);
  expect((await bench.records()).filter(({ status }) => status === 'running')).toHaveLength(2);
  const other = await bench.session();
  const refused = await bench.post(call('answer__run'), other);
  expect(refused.json).toMatchObject({
    id: 1,
    error: {
      message: expect.stringContaining('Try again later'),
      data: { code: 'CONCURRENCY_LIMIT' },
    },
  });
  flood.destroy();
  await bench.untilLast('cancelled');
  await expect
    .poll(async () => (await bench.post(call('answer__run'), other)).json.result?.isError, patient)
    .toBe(false);
});

it('a close in the middle of calls cancels them, records that, and leaves nobody connected', async () => {
  await using bench = await Bench.open();
  const session = await bench.session();
  const stream = await responseTo(bench.start('GET', session));
  const ended = new Promise((resolve) => stream.once('close', resolve));
  stream.resume();
  const running = read(bench.start('POST', session, JSON.stringify(call('loop-forever__run'))));
  await bench.untilLast('running');
  await bench.close();
  await Promise.allSettled([running, ended]);
  expect((await bench.records())[0]).toMatchObject({ status: 'cancelled' });
  await expect(bench.session()).rejects.toThrow('ECONNREFUSED');
  // Twice is once.
  await bench.close();
});
