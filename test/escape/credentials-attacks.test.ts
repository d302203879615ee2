/** Further roads to a credential's value: spellings of hosts, raw responses, placeholders taken apart and put together. */
import type { IncomingMessage, ServerResponse } from 'node:http';
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
import type { Running } from '../support/network.ts';

/** Of characters that the name of a header can have, too. */
const value = 'S3cr3t+Value~0123456789-Token';
/** White space around it, which no header keeps. */
const padded = `  ${value}\t`;

let servers: CredentialServers;
let probes: NetworkProbe;
let server: Running;
let plain: Running;
let skill: GrantedProbe;
let spaced: GrantedProbe;
let got: { readonly host: string; readonly text: string }[] = [];

/** Sends back bytes of its own making, on the bare connection. */
const raw: Record<string, (sent: string) => string> = {
  'http-1.0': (sent) => `HTTP/1.0 200 OK\r\n\r\nyou sent ${sent}, bye`,
  status: (sent) => `HTTP/1.1 200 ${sent}\r\ncontent-length: 2\r\n\r\nok`,
  early: (sent) =>
    `HTTP/1.1 103 Early Hints\r\nlink: <${sent}>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok`,
  name: (sent) => `HTTP/1.1 200 OK\r\nx-${sent}: 1\r\n${sent}: 2\r\ncontent-length: 2\r\n\r\nok`,
  extension: (sent) =>
    `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2;${sent}\r\nok\r\n0\r\n\r\n`,
  trailer: (sent) =>
    `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx-sum: ${sent}\r\n\r\n`,
  cut: (sent) => `HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nyou sent ${sent.slice(0, 20)}`,
  reset: (sent) =>
    `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\n${sent.slice(0, 20)}`,
  coding: (sent) =>
    `HTTP/1.1 200 OK\r\ncontent-encoding: ${'x'.repeat(40)}${sent}\r\ncontent-length: 2\r\n\r\nok`,
  lower: (sent) =>
    `HTTP/1.1 200 OK\r\nx-echo: ${sent.toLowerCase()}\r\ncontent-length: 2\r\n\r\nok`,
  upper: (sent) =>
    `HTTP/1.1 200 OK\r\nx-echo: ${sent.toUpperCase()}\r\ncontent-length: 2\r\n\r\nok`,
};

function answer(request: IncomingMessage, response: ServerResponse): void {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('error', () => undefined);
  request.on('end', () => {
    const text = `${request.method} ${request.url} ${JSON.stringify(request.rawHeaders)} ${Buffer.concat(parts).toString()}`;
    got.push({ host: request.headers.host ?? '', text });
    const sent = String(request.headers['x-key'] ?? '');
    const way = raw[(request.url ?? '').slice(1)];
    if (way === undefined) response.end(sent);
    else request.socket.end(way(sent));
  });
}

beforeAll(async () => {
  const names = [
    'api.example.test',
    'other.example.test',
    'wrong.example.test',
    'xn--pi-7kc.example.test',
  ];
  // Whoever answers for wrong.example.test has no certificate for it.
  const certified = names.filter((name) => !name.startsWith('wrong'));
  servers = await credentialServers(names, certified, answer);
  ({ probes, server, plain } = servers);
  skill = await load(`api_token = { hosts = ["api.example.test", "wrong.example.test"] }
other_token = { hosts = ["other.example.test"] }`);
  // By itself: another one with the same text would be recognised in its place.
  spaced = await load(
    `padded = { hosts = ["api.example.test"], places = ["header", "query", "body"] }`,
  );
});

afterAll(() => servers[Symbol.asyncDispose]());

beforeEach(() => void (got = []));
afterEach(() => probes.stillWorks());

const values: Readonly<Record<string, string>> = {
  api_token: value,
  other_token: `other-${value}`,
  padded,
};
const load = (credentials: string) => servers.load(credentials, (name) => values[name]!);

const prelude = `
const { api_token: token, other_token: other, padded } = Object.fromEntries(wasi.cli.environment.getEnvironment());
const https = { tag: 'HTTPS' };
const send = (request) => attempt(() => fetchOnce({ authority: args, scheme: https, ...request }));
`;

const api = () => `api.example.test:${server.port}`;
const run = (code: string, at = api()) => skill.run(`${prelude} ${code}`, at);

/** Nothing that a caller or a reader of the record sees has as much as eight characters of it. */
async function expectUnseen(done: ProbeRun): Promise<void> {
  const text = (await servers.everything(done)).toLowerCase();
  const pieces = Array.from({ length: value.length - 7 }, (_, at) => value.slice(at, at + 8));
  expect(pieces.filter((piece) => text.includes(piece.toLowerCase()))).toEqual([]);
}

const carried = () => got.filter(({ text }) => text.includes(value)).map(({ host }) => host);

describe('another spelling of a host', () => {
  it.each(['API.Example.TEST', 'api.example.test.', 'ａｐｉ.example.test'])(
    '%s is the bound one, and what it says is scrubbed as well',
    async (host) => {
      const done = await run(
        `return send({ headers: [['x-key', token]] })`,
        `${host}:${server.port}`,
      );
      if (carried().length > 0) {
        expect(carried()).toEqual([api()]);
        expect(done.result.credentialsUsed).toEqual([
          { name: 'api_token', host: 'api.example.test' },
        ]);
      }
      await expectUnseen(done);
    },
  );

  it.each([
    'аpi.example.test', // Cyrillic
    'api.example.test.evil.example.test',
    'xapi.example.test',
    'x.api.example.test',
    'example.test',
    'api.example.test@other.example.test',
    'other.example.test#api.example.test',
    'other.example.test\\\\@api.example.test',
    'api.example.test%2eother.example.test',
    'api.example.test%00',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '2130706433',
    '0x7f.1',
    loopback,
  ])('%s is none, and gets nothing', async (host) => {
    for (const authorities of [`${host}:${server.port}`, `${host}:${plain.port}`]) {
      const done = await run(`return send({ headers: [['x-key', token]] })`, authorities);
      expect(done.value).toHaveProperty('error');
      expect(done.result.credentialsUsed).toEqual([]);
      await expectUnseen(done);
    }
    expect(carried()).toEqual([]);
  });

  it('a name that an attacker answers for gets nothing without a certificate for it', async () => {
    const done = await run(
      `return send({ headers: [['x-key', token]] })`,
      `wrong.example.test:${server.port}`,
    );
    expect(done.value).toMatchObject({ error: { tag: 'TLS-certificate-error' } });
    expect(got).toEqual([]);
  });

  it('nor does a server without TLS', async () => {
    const done = await run(
      `return send({ headers: [['x-key', token]] })`,
      `api.example.test:${plain.port}`,
    );
    expect(done.value).toHaveProperty('error');
    expect(got).toEqual([]);
  });
});

describe('what a server says outside of the body', () => {
  it.each(Object.keys(raw))('%s', async (way) => {
    const done = await run(`return send({ path: '/${way}', headers: [['x-key', token]] })`);
    expect(carried()).toEqual([api()]);
    await expectUnseen(done);
  });

  it('in trailers, read by the guest', async () => {
    const done = await run(
      `const { Fields, OutgoingRequest, IncomingBody } = wasi.http.types;
      const request = new OutgoingRequest(Fields.fromList([['x-key', utf8.encode(token)]]));
      request.setScheme(https); request.setAuthority(args); request.setPathWithQuery('/trailer');
      const future = wasi.http.outgoingHandler.handle(request, undefined);
      pollOn(future.subscribe());
      const body = future.get().val.val.consume();
      const stream = body.stream();
      try { for (;;) stream.blockingRead(100); } catch {}
      stream[Symbol.dispose]?.();
      const trailers = IncomingBody.finish(body);
      pollOn(trailers.subscribe());
      return trailers.get().val.val.entries().map(([name, text]) => [name, utf8.decode(text)]);`,
    );
    expect(done.value).toEqual([['x-sum', '*'.repeat(value.length)]]);
    await expectUnseen(done);
  });

  it.each([
    ['header', `return send({ headers: [['x-key', padded]] })`],
    ['query', `return send({ path: '/?q=' + padded })`],
    [
      'body',
      `const { Fields, OutgoingRequest, OutgoingBody } = wasi.http.types;
      const request = new OutgoingRequest(Fields.fromList([['x-key', utf8.encode(padded)]]));
      request.setScheme(https); request.setAuthority(args); request.setPathWithQuery('/'); request.setMethod({ tag: 'post' });
      const body = request.body(); const stream = body.write();
      stream.blockingWriteAndFlush(utf8.encode(padded)); stream[Symbol.dispose]?.();
      OutgoingBody.finish(body, undefined);
      const future = wasi.http.outgoingHandler.handle(request, undefined);
      pollOn(future.subscribe());
      return utf8.decode(future.get().val.val.consume().stream().blockingRead(65536));`,
    ],
  ])('white space around a value, gone from a %s', async (_, code) => {
    const done = await spaced.run(`${prelude} ${code}`, api());
    expect(got[0]?.text.replace('%2B', '+').replaceAll('%7E', '~')).toContain(value);
    await expectUnseen(done);
  });
});

describe('a placeholder taken apart, put together or mixed', () => {
  it.each([
    ['behind another prefix', `['x-key', 'skill-credential:' + token]`],
    ['two, one within the other', `['x-key', token.slice(0, 25) + token + token.slice(25)]`],
    ['half of one and half of another', `['x-key', token.slice(0, 33) + other.slice(33)]`],
    ['one too short', `['x-key', token.slice(0, -1)]`],
    ['in capitals', `['x-key', token.toUpperCase()]`],
    ["one of another host's beside one of this", `['x-a', token], ['x-key', other]`],
    ['in Basic, of another host', `['authorization', 'Basic c2tpbGwtY3JlZGVudGlhbDow']`],
  ])('%s', async (_, headers) => {
    const done = await run(`return send({ headers: [${headers}] })`);
    expect(got.filter(({ text }) => text.includes('S3cr3t'))).toEqual([]);
    // What was refused went nowhere, so it was used nowhere.
    expect(done.result.credentialsUsed).toEqual([]);
    expect(done.value).toHaveProperty('error');
    await expectUnseen(done);
  });

  it('several times in one field, beside each other', async () => {
    const done = await run(`return send({ headers: [['x-key', token + token + ' ' + token]] })`);
    expect(got[0]?.text).toContain(`${value}${value} ${value}`);
    expect(done.value).toMatchObject({
      value: { body: `${'*'.repeat(2 * value.length)} ${'*'.repeat(value.length)}` },
    });
    await expectUnseen(done);
  });

  it('as a method, and in trailers of a request', async () => {
    const done = await run(
      `const { Fields, OutgoingRequest, OutgoingBody } = wasi.http.types;
      const method = send({ method: { tag: 'other', val: token.slice(17) } });
      const request = new OutgoingRequest(Fields.fromList([['trailer', utf8.encode('x-t')]]));
      request.setScheme(https); request.setAuthority(args); request.setPathWithQuery('/'); request.setMethod({ tag: 'post' });
      const body = request.body();
      const future = wasi.http.outgoingHandler.handle(request, undefined);
      const trailers = attempt(() => { OutgoingBody.finish(body, Fields.fromList([['x-t', utf8.encode(token)]])); });
      return [method, trailers];`,
    );
    expect(done.value).toMatchObject([
      { error: { tag: 'HTTP-request-denied' } },
      { error: { tag: 'HTTP-request-denied' } },
    ]);
    await expectDenials(probes, done, ['CREDENTIAL_MISPLACED', 'CREDENTIAL_MISPLACED']);
    await expectUnseen(done);
  });

  it('in a body that is sent piece by piece, split over two of them', async () => {
    const done = await spaced.run(
      `${prelude}
      const { Fields, OutgoingRequest } = wasi.http.types;
      const request = new OutgoingRequest(Fields.fromList([]));
      request.setScheme(https); request.setAuthority(args); request.setPathWithQuery('/'); request.setMethod({ tag: 'post' });
      const stream = request.body().write();
      wasi.http.outgoingHandler.handle(request, undefined);
      const first = attempt(() => { stream.blockingWriteAndFlush(utf8.encode('x'.repeat(4000) + padded.slice(0, 10))); });
      const second = attempt(() => { stream.blockingWriteAndFlush(utf8.encode(padded.slice(10))); });
      return [first, second];`,
      api(),
    );
    expect(done.value).toMatchObject([{ value: null }, { error: expect.anything() as unknown }]);
    await expectDenials(probes, done, ['CREDENTIAL_MISPLACED']);
    expect(carried()).toEqual([]);
  });
});
