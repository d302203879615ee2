/** Guests that try to read a credential's value, against a server that sends back whatever it gets. */
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  credentialServers,
  type CredentialServers,
  loopback,
} from '../support/credential-servers.ts';
import {
  expectDenials,
  type GrantedProbe,
  type NetworkProbe,
  type ProbeRun,
} from '../support/network-engine.ts';
import { tcpEcho, type Running, udpEcho } from '../support/network.ts';

const value = 's3cr3t/Value+with "quotes" & ümlaut~0123456789';
const wire = Buffer.from(value, 'utf8').toString('latin1');

let servers: CredentialServers;
let probes: NetworkProbe;
let server: Running;
let plain: Running;
let skill: GrantedProbe;
/** What the servers got: header fields, target and body of each request. */
let got: {
  readonly headers: Record<string, unknown>;
  readonly url: string;
  readonly body: string;
}[] = [];

function echo(request: IncomingMessage, response: ServerResponse): void {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    const body = Buffer.concat(parts).toString('latin1');
    got.push({ headers: request.headers, url: request.url ?? '', body });
    const sent = request.headers.authorization ?? request.headers['x-key']?.toString() ?? body;
    answer(request.url ?? '', Buffer.from(sent, 'latin1'), response);
  });
}

const hex = (bytes: Buffer) => bytes.toString('hex');

/** The ways in which a server may give back what it got. */
const spellings: Record<string, (sent: Buffer) => string | Buffer> = {
  raw: (sent) => sent,
  base64: (sent) => sent.toString('base64'),
  'base64-of-more': (sent) =>
    Buffer.concat([Buffer.from('ab'), sent, Buffer.from('z')]).toString('base64'),
  'base64-of-one-more': (sent) => Buffer.concat([Buffer.from('a'), sent]).toString('base64'),
  base64url: (sent) => sent.toString('base64url'),
  hex,
  HEX: (sent) => hex(sent).toUpperCase(),
  url: (sent) => encodeURIComponent(sent.toString('utf8')),
  form: (sent) => new URLSearchParams({ a: sent.toString('utf8') }).toString(),
  percent: (sent) => hex(sent).replaceAll(/../g, '%$&'),
  json: (sent) => JSON.stringify({ headers: { authorization: sent.toString('utf8') } }),
  'json-escaped': (sent) =>
    JSON.stringify(sent.toString('utf8')).replaceAll('/', '\\/').replaceAll('ü', '\\u00fc'),
  'json-unicode': (sent) =>
    `"${Buffer.from(sent.toString('utf8'), 'utf16le').swap16().toString('hex').replaceAll(/.{4}/g, '\\u$&')}"`,
  'url-mixed-case': (sent) =>
    encodeURIComponent(sent.toString('utf8')).replaceAll(
      /%(.)(.)/g,
      (_, a: string, b: string) => `%${a}${b.toLowerCase()}`,
    ),
  utf16le: (sent) => Buffer.from(sent.toString('utf8'), 'utf16le'),
  utf16be: (sent) => Buffer.from(sent.toString('utf8'), 'utf16le').swap16(),
  'html-numeric': (sent) =>
    [...sent.toString('utf8')].map((one) => `&#${one.codePointAt(0)};`).join(''),
  'base64-in-php-json': (sent) => sent.toString('base64').replaceAll('/', '\\/'),
  'base64-in-query': (sent) => encodeURIComponent(sent.toString('base64')),
  html: (sent) => sent.toString('utf8').replaceAll('&', '&amp;').replaceAll('"', '&quot;'),
};

function answer(url: string, sent: Buffer, response: ServerResponse): void {
  const [, way = '', name = ''] = url.split('?')[0]!.split('/');
  if (way === 'as') response.end(spellings[name]?.(sent));
  else if (way === 'chunks') {
    // One byte at a time, each in a chunk and a packet of its own.
    const bytes = [...Buffer.from(spellings[name]?.(sent) ?? sent)];
    const next = () => {
      const byte = bytes.shift();
      if (byte === undefined) response.end('.');
      else response.write(Buffer.from([byte]), () => setImmediate(next));
    };
    next();
  } else if (way === 'header') {
    response.writeHead(200, {
      'x-echo': sent.toString('latin1'),
      'x-base64': sent.toString('base64'),
    });
    response.end();
  } else if (way === 'cookie') {
    response
      .writeHead(200, { 'set-cookie': `a=${encodeURIComponent(sent.toString('utf8'))}` })
      .end();
  } else if (way === 'redirect') {
    response
      .writeHead(302, {
        location: `https://other.example.test/?k=${encodeURIComponent(sent.toString('utf8'))}`,
      })
      .end();
  } else if (way === 'trailer') {
    response.writeHead(200, { trailer: 'x-sum' });
    response.write('body');
    response.addTrailers({ 'x-sum': sent.toString('latin1') });
    response.end();
  } else if (way === 'gzip') {
    response.writeHead(200, { 'content-encoding': 'gzip' });
    response.end(gzipSync(sent));
  } else if (way === 'error')
    response.writeHead(401).end(Buffer.concat([Buffer.from('bad token '), sent]));
  else if (way === 'digest') response.end(createHash('sha256').update(sent).digest('hex'));
  else response.end('ok');
}

beforeAll(async () => {
  const names = ['api.example.test', 'other.example.test'];
  servers = await credentialServers(names, names, echo);
  ({ probes, server, plain } = servers);
  skill = await load(`api_token = { hosts = ["api.example.test"] }`);
});

afterAll(() => servers[Symbol.asyncDispose]());

beforeEach(() => void (got = []));
afterEach(() => probes.stillWorks());

/** Loads the probe with credentials, each with the value. */
const load = (credentials: string, ports?: readonly number[]) =>
  servers.load(credentials, () => value, ports);

const prelude = `
const env = Object.fromEntries(wasi.cli.environment.getEnvironment());
const token = env.api_token;
const https = { tag: 'HTTPS' };
`;

/** Of the guest, which has no `btoa`. */
const base64Source = `
      const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
      const base64 = (text) => { let out = ''; const b = utf8.encode(text);
        for (let i = 0; i < b.length; i += 3) {
          const n = (b[i] << 16) | ((b[i + 1] ?? 0) << 8) | (b[i + 2] ?? 0);
          for (let j = 0; j < 4; j += 1) out += i * 8 + j * 6 < b.length * 8 ? alphabet[(n >> (18 - 6 * j)) & 63] : '=';
        } return out; };
`;

const api = () => `api.example.test:${server.port}`;

/** Every spelling that the value could have there. */
const traces = [
  value,
  wire,
  JSON.stringify(value).slice(1, -1),
  's3cr3t',
  '0123456789',
  Buffer.from(value).toString('base64').slice(4, -4),
  Buffer.from(value).toString('base64url').slice(4, -4),
  Buffer.from(`ab${value}`).toString('base64').slice(4, -4),
  Buffer.from(`a${value}`).toString('base64').slice(4, -4),
  Buffer.from(value).toString('hex').slice(2, -2),
  encodeURIComponent(value).slice(0, 20),
];

async function expectUnseen(run: ProbeRun): Promise<void> {
  // As text, UTF-16 has a zero beside every letter.
  const text = (await servers.everything(run)).replaceAll('\\u0000', '');
  const found = traces.filter(
    (trace) => text.includes(trace) || text.toLowerCase().includes(trace.toLowerCase()),
  );
  expect(found).toEqual([]);
}

const fetchWith = (header: string, path: string, more = '') =>
  `${prelude} return attempt(() => fetchOnce({ authority: args, scheme: https, path: '${path}', headers: [${header}] ${more} }))`;

describe('what the guest holds', () => {
  it('is a placeholder, another one in every invocation, and never the value', async () => {
    const runs = [
      await skill.run(`${prelude} return env`),
      await skill.run(`${prelude} return env`),
    ];
    const tokens = runs.map(({ value: seen }) => (seen as Record<string, string>)['api_token']);
    for (const token of tokens) expect(token).toMatch(/^skill-credential:[0-9a-f]{32}$/);
    expect(tokens[0]).not.toBe(tokens[1]);
    for (const run of runs) await expectUnseen(run);
  });

  it('CRD-09 is nothing of another skill, whatever name it asks for', async () => {
    const other = await load(`other_token = { hosts = ["api.example.test"] }`);
    const { value: seen } = await other.run(`${prelude} return Object.keys(env)`);
    expect(seen).toEqual(['other_token']);
    await expect(load(`"__proto__" = { hosts = ["api.example.test"] }`)).rejects.toMatchObject({
      code: 'MANIFEST_INVALID',
    });
    const inherited = await probes.skill(
      '[skill.capabilities.credentials]\nconstructor = { exposure = "guest" }\n',
    );
    const { result } = await inherited.run('return 1');
    expect(result.error?.code).toBe('CREDENTIAL_MISSING');
  });
});

describe('a header of a request over https to a bound host', () => {
  it('carries the value, and the result names the credential and the host', async () => {
    const run = await skill.run(fetchWith(`['Authorization', 'Bearer ' + token]`, '/'), api());
    expect(run.value).toMatchObject({ value: { status: 200, body: 'ok' } });
    expect(got[0]?.headers['authorization']).toBe(`Bearer ${wire}`);
    const used = [{ name: 'api_token', host: 'api.example.test' }];
    expect(run.result.credentialsUsed).toEqual(used);
    expect(run.result.denials).toEqual([]);
    const record = await probes.engine.audit.get(run.result.executionId);
    expect(record?.credentials_used).toEqual(used);
    await expectUnseen(run);
  });

  it('carries it also inside the base64 of Basic', async () => {
    const run = await skill.run(
      `${prelude}
      ${base64Source}
      return attempt(() => fetchOnce({ authority: args, scheme: https, path: '/as/base64', headers: [['authorization', 'Basic ' + base64('user:' + token)]] }))`,
      api(),
    );
    const basic = `Basic ${Buffer.from(`user:${value}`).toString('base64')}`;
    expect(got[0]?.headers['authorization']).toBe(basic);
    await expectUnseen(run);
    const text = await servers.everything(run);
    expect(text).not.toContain(Buffer.from(basic).toString('base64').slice(12, -8));
  });

  it.each(Object.keys(spellings))('%s: what the server gives back is scrubbed', async (way) => {
    const run = await skill.run(fetchWith(`['x-key', token]`, `/as/${way}`), api());
    expect(got[0]?.headers['x-key']).toBe(wire);
    expect(run.value).toMatchObject({ value: { status: 200 } });
    expect(JSON.stringify(run.value)).toContain('***');
    await expectUnseen(run);
  });

  it.each(['raw', 'base64', 'hex', 'url'])('%s: also in chunks of one byte', async (way) => {
    const run = await skill.run(fetchWith(`['x-key', token]`, `/chunks/${way}`), api());
    expect(run.value).toMatchObject({ value: { status: 200 } });
    expect(JSON.stringify(run.value)).toContain('***');
    await expectUnseen(run);
  });

  it.each(['header', 'cookie', 'redirect', 'error'])('in a %s', async (way) => {
    const run = await skill.run(fetchWith(`['x-key', token]`, `/${way}`), api());
    expect(JSON.stringify(run.value)).toContain('***');
    await expectUnseen(run);
  });

  it('in so many pairs of Basic that looking for them all would take the time of others', async () => {
    const run = await skill.run(
      `${prelude}
      ${base64Source}
      const results = [];
      for (let i = 0; i < 40; i += 1) {
        results.push(attempt(() => fetchOnce({ authority: args, scheme: https, path: '/',
          headers: [['authorization', 'Basic ' + base64(String(i).padStart(3, '0') + token)]] })));
      }
      return results.map((one) => one.error ? one.error.tag : one.value.status);`,
      api(),
    );
    const statuses = run.value as unknown[];
    expect(statuses.filter((one) => one === 200)).toHaveLength(32);
    expect(statuses.slice(32)).toEqual(Array.from({ length: 8 }, () => 'HTTP-request-denied'));
  });

  it('asks for an answer that is not packed, and refuses one that is', async () => {
    const run = await skill.run(
      fetchWith(`['x-key', token], ['accept-encoding', 'gzip']`, '/gzip'),
      api(),
    );
    expect(got[0]?.headers['accept-encoding']).toBe('identity');
    expect(run.value).toMatchObject({ error: { tag: 'HTTP-response-content-coding' } });
    await expectDenials(probes, run, ['CREDENTIAL_MISPLACED']);
  });

  it('may not ask for parts, each of which is too short to be recognised', async () => {
    const run = await skill.run(
      fetchWith(`['x-key', token], ['Range', 'bytes=0-4']`, '/as/raw'),
      api(),
    );
    expect(run.value).toMatchObject({ error: { tag: 'HTTP-request-denied' } });
    await expectDenials(probes, run, ['CREDENTIAL_MISPLACED']);
    expect(got).toEqual([]);
  });

  it.each(['Range', 'If-Range'])(
    'nor may a later request, without a credential, by %s',
    async (name) => {
      const run = await skill.run(
        `${prelude}
        fetchOnce({ authority: args, scheme: https, path: '/', headers: [['x-key', token]] });
        return attempt(() => fetchOnce({ authority: args, scheme: https, path: '/', headers: [['${name}', 'bytes=0-4']] }))`,
        api(),
      );
      expect(run.value).toMatchObject({ error: { tag: 'HTTP-request-denied' } });
      await expectDenials(probes, run, ['CREDENTIAL_MISPLACED']);
      expect(got).toHaveLength(1);
    },
  );

  it('another host, which gets no value, may be asked for parts', async () => {
    const run = await skill.run(
      fetchWith(`['Range', 'bytes=0-4']`, '/'),
      `other.example.test:${server.port}`,
    );
    expect(run.value).toMatchObject({ value: { status: 200 } });
    expect(got[0]?.headers['range']).toBe('bytes=0-4');
  });
});

describe('a placeholder anywhere else is refused, told, and reveals nothing', () => {
  it('in a header to a host that is granted, but not bound', async () => {
    const run = await skill.run(
      fetchWith(`['x-key', token]`, '/'),
      `other.example.test:${server.port}`,
    );
    expect(run.value).toMatchObject({ error: { tag: 'HTTP-request-denied' } });
    await expectDenials(probes, run, ['CREDENTIAL_NOT_GRANTED']);
    expect(run.result.denials[0]?.allow).toEqual([
      '[skill.capabilities.credentials]',
      'api_token = { hosts = ["api.example.test", "other.example.test"] }',
    ]);
    expect(got).toEqual([]);
  });

  it('to the same server by its address', async () => {
    const run = await skill.run(fetchWith(`['x-key', token]`, '/'), `${loopback}:${server.port}`);
    await expectDenials(probes, run, ['CREDENTIAL_NOT_GRANTED']);
    expect(got).toEqual([]);
  });

  const request = (fields: string) =>
    `${prelude} return attempt(() => fetchOnce({ authority: args, scheme: https, ${fields} }))`;

  it.each([
    [
      'over http',
      `${prelude} return attempt(() => fetchOnce({ authority: args, headers: [['x-key', token]] }))`,
      'http',
    ],
    ['in a path', request(`path: '/' + token`), 'https'],
    ['in a query', request(`path: '/?key=' + token`), 'https'],
    ['in a query, encoded', request(`path: '/?key=' + token.replace(':', '%3A')`), 'https'],
    ['in a body', request(`method: { tag: 'post' }, body: 'key=' + token`), 'https'],
    [
      'its random part in the name of a header',
      request(`headers: [['x-' + token.slice(17), '1']]`),
      'https',
    ],
    [
      'of an earlier invocation',
      request(`headers: [['x-key', 'skill-credential:' + '0'.repeat(32)]]`),
      'https',
    ],
  ])('%s', async (_, code, scheme) => {
    const at = scheme === 'http' ? `api.example.test:${plain.port}` : api();
    const run = await skill.run(code, at);
    expect(run.value).toHaveProperty('error');
    await expectDenials(probes, run, ['CREDENTIAL_MISPLACED']);
    expect(JSON.stringify(got)).not.toContain('s3cr3t');
    expect(run.result.credentialsUsed).toEqual([]);
  });

  it('in bytes of a connection, in two pieces, and in a datagram', async () => {
    await using tcp = await tcpEcho();
    await using udp = await udpEcho();
    const probe = await load(`api_token = { hosts = ["api.example.test"] }`, [tcp.port, udp.port]);
    const run = await probe.run(
      `${prelude}
      const { socket, output } = connectTcp('127.0.0.1', args.tcp);
      const first = attempt(() => { output.blockingWriteAndFlush(utf8.encode('hello ' + token.slice(0, 10))); });
      const second = attempt(() => { output.blockingWriteAndFlush(utf8.encode(token.slice(10))); });
      const network = wasi.sockets.instanceNetwork.instanceNetwork();
      const udp = wasi.sockets.udpCreateSocket.createUdpSocket('ipv4');
      udp.startBind(network, ipv4('0.0.0.0', 0)); pollOn(udp.subscribe()); udp.finishBind();
      const [, outgoing] = udp.stream(undefined);
      const third = attempt(() => { outgoing.checkSend(); return outgoing.send([{ data: utf8.encode(token), remoteAddress: ipv4('127.0.0.1', args.udp) }]); });
      return [first, second, third];`,
      { tcp: tcp.port, udp: udp.port },
    );
    expect(run.value).toMatchObject([
      { value: null },
      { error: expect.anything() as unknown },
      { error: 'access-denied' },
    ]);
    await expectDenials(probes, run, ['CREDENTIAL_MISPLACED', 'CREDENTIAL_MISPLACED']);
    expect(udp.arrived()).toBe(0);
  });

  it('a guess at the value comes back over a connection at once, as far as it is right or not', async () => {
    await using tcp = await tcpEcho();
    const probe = await load(`api_token = { hosts = ["api.example.test"] }`, [tcp.port]);
    const run = await probe.run(
      `${prelude}
      const { input, output } = connectTcp('127.0.0.1', args);
      let seen = '';
      output.blockingWriteAndFlush(utf8.encode('s3cr3t'));
      while (seen.length < 6) seen += utf8.decode(input.blockingRead(100));
      return seen;`,
      tcp.port,
    );
    expect(run.value).toBe('s3cr3t');
  });

  it('in a name to look up', async () => {
    const run = await skill.run(
      `${prelude} return attempt(() => lookUp(token.slice(17) + '.example.test'))`,
    );
    expect(run.value).toHaveProperty('error');
    await expectDenials(probes, run, ['CREDENTIAL_MISPLACED']);
  });
});

describe('places that the manifest names', () => {
  it('a query and a body get the value as they write text', async () => {
    const probe = await load(
      `api_token = { hosts = ["api.example.test"], places = ["header", "query", "body"] }`,
    );
    const run = await probe.run(
      `${prelude}
      const post = (type, text) => {
        const { Fields, OutgoingRequest, OutgoingBody } = wasi.http.types;
        const request = new OutgoingRequest(Fields.fromList([['content-type', utf8.encode(type)]]));
        request.setScheme(https); request.setAuthority(args); request.setPathWithQuery('/as/raw'); request.setMethod({ tag: 'post' });
        const body = request.body(); const stream = body.write();
        stream.blockingWriteAndFlush(utf8.encode(text)); stream[Symbol.dispose]?.();
        OutgoingBody.finish(body, undefined);
        const future = wasi.http.outgoingHandler.handle(request, undefined);
        pollOn(future.subscribe());
        const incoming = future.get().val.val.consume();
        return utf8.decode(incoming.stream().blockingRead(65536));
      };
      return [
        fetchOnce({ authority: args, scheme: https, path: '/as/raw?a=1&key=' + token.replace(':', '%3A') + '&b=2' }).status,
        post('application/x-www-form-urlencoded', 'grant=x&secret=' + token),
        post('application/json', JSON.stringify({ secret: token })),
      ]`,
      api(),
    );
    expect(run.result.denials).toEqual([]);
    expect(new URL(got[0]!.url, 'https://x').searchParams.get('key')).toBe(value);
    expect(new URLSearchParams(got[1]!.body).get('secret')).toBe(value);
    expect(JSON.parse(Buffer.from(got[2]!.body, 'latin1').toString('utf8'))).toEqual({
      secret: value,
    });
    await expectUnseen(run);
  });
});

describe('exposure = "guest"', () => {
  it('hands the value over, and it is still in no result, output, error or record', async () => {
    const probe = await load(`api_token = { exposure = "guest" }`);
    const run = await probe.run(
      `${prelude}
      const out = wasi.cli.stdout.getStdout();
      out.blockingWriteAndFlush(utf8.encode('the token is ' + token));
      return { token, length: token.length, ['key ' + token]: [...utf8.encode(token)].map((b) => b.toString(16).padStart(2, '0')).join('') };`,
    );
    expect(run.value).toMatchObject({ length: value.length, token: '[REDACTED]' });
    expect(run.result.stdout).toBe('the token is [REDACTED]');
    const record = await probes.engine.audit.get(run.result.executionId);
    expect(record?.credentials_used).toEqual([{ name: 'api_token', host: null }]);
    await expectUnseen(run);
  });

  it('a grant that does not say so gives a placeholder only', async () => {
    const probe = await load(`api_token = { hosts = ["api.example.test"] }`);
    const run = await probe.run(`${prelude} return token`);
    expect(run.value).toMatch(/^skill-credential:/);
  });
});

describe('a credential that is not set', () => {
  it('fails before the guest runs, with the command that sets it, and is recorded', async () => {
    const name = 'not_set';
    const probe = await probes.skill(
      `[skill.capabilities.credentials]\n${name} = { hosts = ["a.example"] }\n`,
    );
    const { result } = await probe.run('return 1');
    expect(result.error).toMatchObject({
      code: 'CREDENTIAL_MISSING',
      message: `The skill ${probe.name} needs the credential not_set, which is not set. Set it: skill config ${probe.name} --set-credential not_set`,
    });
    const record = await probes.engine.audit.get(result.executionId);
    expect(record).toMatchObject({ error_code: 'CREDENTIAL_MISSING', fuel_used: null });
  });
});
