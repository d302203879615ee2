import { expect, it } from 'vitest';
import '../../packages/testing/src/vitest.ts';
import { assertDenied } from '../../packages/testing/src/index.ts';
import { probeTest } from './skill.ts';

const get = (authority: string, path = '/', scheme = 'HTTPS') =>
  `return fetchOnce({ scheme: { tag: '${scheme}' }, authority: '${authority}', path: '${path}' })`;

it('answers by script, over TLS, and records what was asked', async () => {
  const { run, value, skill } = await probeTest('network = ["https://api.example.com"]', {
    http: {
      'GET https://api.example.com/x?y=1': { status: 201, headers: { 'x-a': 'b' }, json: { a: 1 } },
      'POST https://api.example.com/*': (request) => ({ body: request.text.toUpperCase() }),
      'GET https://api.example.com/turns': [{ body: 'first' }, { body: 'then' }],
    },
  });
  const answer = (await value(get('api.example.com', '/x?y=1'))) as { headers: string[][] };
  expect(answer).toMatchObject({ status: 201, body: '{"a":1}' });
  expect(answer.headers).toContainEqual(['x-a', 'b']);
  expect(
    await value(
      `return fetchOnce({ scheme: { tag: 'HTTPS' }, authority: 'api.example.com', path: '/p',
        method: { tag: 'post' }, headers: [['x-own', '1']], body: 'abc' }).body`,
    ),
  ).toBe('ABC');
  expect(await value(`${get('api.example.com', '/turns')}.body`)).toBe('first');
  const last = await run(`${get('api.example.com', '/turns')}.body`);
  expect(last.requests.map(({ url }) => url)).toEqual(['https://api.example.com/turns']);
  expect(skill.requests().map(({ method, url, text }) => [method, url, text])).toEqual([
    ['GET', 'https://api.example.com/x?y=1', ''],
    ['POST', 'https://api.example.com/p', 'abc'],
    ['GET', 'https://api.example.com/turns', ''],
    ['GET', 'https://api.example.com/turns', ''],
  ]);
  expect(skill.requests()[1]!.headers['x-own']).toBe('1');
});

it('judges names, ports and addresses as they were asked for, not where the scripts are', async () => {
  const { run, value, skill } = await probeTest(
    `[skill.capabilities.network]
     allowed_domains = ["*.example.com"]
     allowed_ips = ["10.1.0.0/16"]
     allowed_ports = [443, 8443]
     protocols = ["https", "tcp", "udp"]`,
    {
      http: {
        'GET https://api.example.com:8443/': { body: 'ok' },
        'GET https://near.example.com/': { body: 'near' },
        'GET https://10.1.2.3/': { body: 'by address' },
      },
      dns: { 'inside.example.com': ['169.254.169.254'], 'near.example.com': ['10.1.0.5'] },
    },
  );
  expect(await run(get('api.example.com:8443'))).toSucceed();
  expect(await run(get('near.example.com'))).toSucceed();
  expect(await run(get('10.1.2.3'))).toSucceed();
  const refused = [
    get('evil.com'),
    get('127.0.0.1'),
    get('10.2.0.1'),
    get('api.example.com:444'),
    get('api.example.com', '/', 'HTTP'),
    get('inside.example.com'),
  ];
  for (const code of refused) {
    const result = await run(code);
    assertDenied(result, /^http/);
    expect(result.audit.denials).toHaveLength(1);
  }
  // Plain sockets have no script: nothing of a test reaches the network.
  expect(await value(`return attempt(() => connectTcp('10.1.2.3', 443)).error`)).toBe(
    'connection-refused',
  );
  const udp = `attempt(() => wasi.sockets.udpCreateSocket.createUdpSocket('ipv4')).error`;
  expect(await value(`return ${udp}`)).toBe('not-supported');
  expect(skill.requests()).toHaveLength(3);
});

it('fails a run whose request no script answers, naming it', async () => {
  const { run } = await probeTest(
    'network = { allowed_domains = ["api.example.com"], allowed_ips = ["10.1.0.0/16"], protocols = ["http", "https"] }',
    { http: { 'GET https://api.example.com/a': { body: 'a' } } },
  );
  await expect(run(get('api.example.com', '/b'))).rejects.toThrow(
    'no script answers GET https://api.example.com/b',
  );
  await expect(run(get('api.example.com', '/a', 'HTTP'))).rejects.toThrow(
    'no script answers GET http://api.example.com/a',
  );
  await expect(run(get('10.1.2.3'))).rejects.toThrow('no script names');
  expect(await run(get('api.example.com', '/a'))).toSucceed();
});

it('fails a run whose script fails', async () => {
  const { run } = await probeTest('network = ["https://api.example.com"]', {
    http: {
      'GET https://api.example.com/': () => {
        throw new Error('a bug of the test');
      },
    },
  });
  await expect(run(get('api.example.com'))).rejects.toThrow('a bug of the test');
});

it.each([
  'api.example.com',
  'get https://a.com/',
  'GET ftp://a.com/',
  'GET https://',
  'GET https://*',
])('refuses the script key %j', async (key) => {
  await expect(probeTest('', { http: { [key]: {} } })).rejects.toThrow('is no request');
});
