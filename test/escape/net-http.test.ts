/** Requests: what is sent and what is refused, what comes back, and how it fails. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  expectDenials,
  network,
  networkProbe,
  type GrantedProbe,
  type NetworkProbe,
} from '../support/network-engine.ts';
import { httpServer, tcpServer, type Running } from '../support/network.ts';
import { countTurns } from './harness.ts';

const loopback = '127.0.0.1';

let probes: NetworkProbe;
let server: Running;
let authority: string;
let skill: GrantedProbe;
/** The last request that the server read, head and body. */
let seen:
  | { method: string; url: string; fields: string[]; body: Buffer; trailers: string[] }
  | undefined;
/** Heads that the server read, and whole requests. */
let requests = 0;
let whole = 0;

const answers: Record<string, RequestListener> = {
  '/large': (_, response) => response.end(Buffer.alloc(3_000_000, 'x')),
  '/cut': (_, response) => {
    response.writeHead(200, { 'content-length': 100 });
    response.write('only this');
    setTimeout(() => response.destroy(), 20);
  },
  '/silent': () => {},
  '/stall': (_, response) => {
    response.write('first');
  },
  '/head': (_, response) => {
    response.setHeader('x-large', 'y'.repeat(100_000));
    response.end();
  },
  '/upgrade': (request) => {
    request.socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n',
    );
  },
  '/garbage': (request) => {
    request.socket.write('HTTP/9.9 what\r\n\r\n');
  },
  '/trailers': (_, response) => {
    response.writeHead(200, { trailer: 'x-sum' });
    response.write('body');
    response.addTrailers({ 'x-sum': '42' });
    response.end();
  },
  '/empty': (_, response) => response.writeHead(204).end(),
  '/many': (_, response) => {
    response.writeHead(
      200,
      [
        ['set-cookie', 'a=1'],
        ['set-cookie', 'b=2'],
        ['proxy-connection', 'x'],
        ['x-one', '1'],
      ].flat(),
    );
    response.end();
  },
};

function answer(request: IncomingMessage, response: ServerResponse): void {
  requests += 1;
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    whole += 1;
    seen = {
      method: request.method ?? '',
      url: request.url ?? '',
      fields: request.rawHeaders,
      body: Buffer.concat(parts),
      trailers: request.rawTrailers,
    };
    const path = request.url ?? '';
    if (path.startsWith('/redirect?')) {
      response.writeHead(302, { location: decodeURIComponent(path.slice(10)) }).end();
    } else if (answers[path]) answers[path](request, response);
    else response.end('plain');
  });
}

beforeAll(async () => {
  server = await httpServer(answer);
  authority = `${loopback}:${server.port}`;
  probes = await networkProbe();
  skill = await probes.skill(`network = ["http://${authority}"]`);
});

afterAll(async () => {
  await probes[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

afterEach(() => probes.stillWorks());

const send = (request: string) =>
  `return attempt(() => fetchOnce({ authority: args, ${request} }))`;

describe('what is sent', () => {
  it('method, target, fields in order, and no field of the host but Host, Connection and the framing', async () => {
    const run = await skill.run(
      send(
        `path: '/a?b=c%20d', method: { tag: 'patch' }, headers: [['X-Two', 'b'], ['x-two', 'c'], ['Accept', '*/*']], body: 'data'`,
      ),
      authority,
    );
    expect(run.value).toMatchObject({ value: { status: 200, body: 'plain' } });
    expect(seen).toMatchObject({ method: 'PATCH', url: '/a?b=c%20d' });
    expect(seen?.body.toString()).toBe('data');
    expect(seen?.fields).toEqual([
      'Host',
      authority,
      'X-Two',
      'b',
      'X-Two',
      'c',
      'Accept',
      '*/*',
      'Transfer-Encoding',
      'chunked',
      'Connection',
      'keep-alive',
    ]);
    expect(run.result.denials).toEqual([]);
  });

  it('a body written before its request is sent goes with its length', async () => {
    const run = await skill.run(
      `const { Fields, OutgoingRequest, OutgoingBody } = wasi.http.types;
       const request = new OutgoingRequest(new Fields());
       request.setMethod({ tag: 'post' }); request.setScheme({ tag: 'HTTP' });
       request.setAuthority(args); request.setPathWithQuery('/');
       const body = request.body(); const stream = body.write();
       stream.blockingWriteAndFlush(utf8.encode('early')); stream[Symbol.dispose]?.();
       OutgoingBody.finish(body, undefined);
       const future = wasi.http.outgoingHandler.handle(request, undefined);
       pollOn(future.subscribe());
       return future.get().val.val.status()`,
      authority,
    );
    expect(run.value).toBe(200);
    expect(seen?.fields).toContain('Content-Length');
    expect(seen?.body.toString()).toBe('early');
  });

  it('1 MiB up and 3 MB down, in order, past every buffer', async () => {
    const run = await skill.run(
      `const bytes = new Uint8Array(1048576); for (let i = 0; i < bytes.length; i += 1) bytes[i] = i % 251;
       const { length } = fetchOnce({ authority: args, path: '/large', method: { tag: 'put' }, body: bytes });
       return length`,
      authority,
    );
    expect(run.value).toBe(3_000_000);
    expect(seen?.body).toEqual(
      Buffer.from(Uint8Array.from({ length: 1_048_576 }, (_, index) => index % 251)),
    );
  });

  it('trailers, both ways', async () => {
    const run = await skill.run(
      `const { Fields, OutgoingRequest, OutgoingBody, IncomingBody } = wasi.http.types;
       const request = new OutgoingRequest(Fields.fromList([['trailer', utf8.encode('x-out')]]));
       request.setMethod({ tag: 'post' }); request.setScheme({ tag: 'HTTP' });
       request.setAuthority(args); request.setPathWithQuery('/trailers');
       const body = request.body();
       const future = wasi.http.outgoingHandler.handle(request, undefined);
       OutgoingBody.finish(body, Fields.fromList([['x-out', utf8.encode('7')]]));
       pollOn(future.subscribe());
       const incoming = future.get().val.val.consume();
       const trailers = IncomingBody.finish(incoming);
       pollOn(trailers.subscribe());
       return trailers.get().val.val.entries().map(([name, value]) => [name, utf8.decode(value)])`,
      authority,
    );
    expect(run.value).toEqual([['x-sum', '42']]);
    expect(seen?.trailers).toEqual(['x-out', '7']);
  });

  it('one connection serves the requests of an invocation, and none outlives it', async () => {
    const before = server.arrived();
    const run = await skill.run(
      `for (let i = 0; i < 20; i += 1) fetchOnce({ authority: args }); return true`,
      authority,
    );
    expect(run.value).toBe(true);
    expect(server.arrived()).toBe(before + 1);
    await skill.run(send(''), authority);
    expect(server.arrived()).toBe(before + 2);
  });

  it('an empty response, repeated fields, and no field of the connection', async () => {
    const run = await skill.run(
      `return [fetchOnce({ authority: args, path: '/empty' }).status, fetchOnce({ authority: args, path: '/empty', method: { tag: 'head' } }).status,
        fetchOnce({ authority: args, path: '/many' }).headers]`,
      authority,
    );
    const [empty, head, headers] = run.value as [number, number, [string, string][]];
    expect([empty, head]).toEqual([204, 204]);
    expect(headers.filter(([name]) => name === 'set-cookie')).toEqual([
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
    ]);
    const names = headers.map(([name]) => name.toLowerCase());
    expect(names).not.toContain('connection');
    expect(names).not.toContain('proxy-connection');
  });
});

it('NET-11 a redirect is an answer like any other: where it leads is judged when the guest asks', async () => {
  await using other = await httpServer((_, response) => response.end('inside'));
  const hops = [
    [`http://${loopback}:${other.port}/`, 'HTTP'],
    ['http://10.0.0.1/', 'HTTP'],
    [`https://${authority}/`, 'HTTPS'],
    ['http://metadata.google.internal/', 'HTTP'],
  ];
  const run = await skill.run(
    `return args.hops.map(([location, tag]) => {
       const { status, headers } = fetchOnce({ authority: args.authority, path: '/redirect?' + encodeURIComponent(location) });
       const target = headers.find(([name]) => name.toLowerCase() === 'location')[1];
       const authority = target.split('/')[2];
       return [status, target, attempt(() => fetchOnce({ authority, scheme: { tag } }).body)];
     })`,
    { hops, authority },
  );
  const denied = { error: { tag: 'HTTP-request-denied' } };
  expect(run.value).toEqual(hops.map(([location]) => [302, location, denied]));
  await expectDenials(probes, run, [
    'NETWORK_PORT',
    'NETWORK_NOT_GRANTED',
    'NETWORK_PROTOCOL',
    'NETWORK_PORT',
  ]);
  expect(other.arrived()).toBe(0);
  const file = await skill.run(
    `return attempt(() => fetchOnce({ authority: '', scheme: { tag: 'other', val: 'file' }, path: '/etc/passwd' }))`,
  );
  expect(file.value).toEqual({ error: { tag: 'HTTP-protocol-error' } });
});

it('NET-12 what is more than a host and a port is no authority', async () => {
  const before = requests;
  const forms = [
    `user@${authority}`, `user:pass@${authority}`, `${authority}@evil.test`, `evil.test#@${authority}`,
    `evil.test\\@${authority}`, `evil.test?@${authority}`, `evil.test%2f@${authority}`, `@${authority}`,
    `${authority}/`, `${authority}#`, `${authority}?x`, `${loopback}%00:${server.port}`, `${loopback}%zone:${server.port}`,
    `[${loopback}]:${server.port}`, `${loopback}::${server.port}`, `${authority},evil.test`,
  ]; // prettier-ignore
  const run = await skill.run(
    `return args.map((authority) => attempt(() => fetchOnce({ authority }).body))`,
    forms,
  );
  const outcomes = run.value as { value?: string }[];
  expect(outcomes.filter((outcome) => 'value' in outcome)).toEqual([]);
  expect(requests).toBe(before);
  expect(run.result.denials.length).toBeGreaterThan(0);
});

describe('NET-13 fields that frame, route or upgrade', () => {
  const names = [
    'Host', 'host', 'HOST', 'Transfer-Encoding', 'TE', 'Connection', 'Keep-Alive', 'Upgrade', 'HTTP2-Settings', 'Expect',
    'Proxy-Authorization', 'Proxy-Connection', 'X-Forwarded-Host', 'X-Forwarded-For', 'Forwarded',
  ]; // prettier-ignore

  it('are forbidden when they are made', async () => {
    const run = await skill.run(
      `const { Fields } = wasi.http.types;
       return args.map((name) => [
         attempt(() => Fields.fromList([[name, utf8.encode('x')]])),
         attempt(() => new Fields().append(name, utf8.encode('x'))),
         attempt(() => new Fields().set(name, [utf8.encode('x')])),
       ])`,
      names,
    );
    const forbidden = { error: { tag: 'forbidden' } };
    expect(run.value).toEqual(names.map(() => [forbidden, forbidden, forbidden]));
  });

  it("a length that is not the body's never reaches the server as a whole request", async () => {
    const before = whole;
    const lengths = [
      '3',
      '5000',
      'abc',
      '-1',
      '4, 4',
      '0x4',
      ' 4',
      '4 ',
      '+4',
      '18446744073709551616',
    ];
    const run = await skill.run(
      `return args.lengths.map((length) => attempt(() => fetchOnce({ authority: args.authority, method: { tag: 'post' }, headers: [['content-length', length]], body: 'data' }).body))`,
      { authority, lengths },
    );
    const outcomes = run.value as { value?: string }[];
    expect(outcomes.filter((outcome) => 'value' in outcome)).toEqual([]);
    expect(whole).toBe(before);
  });

  it('two lengths are refused, also equal ones', async () => {
    const run = await skill.run(
      send(
        `method: { tag: 'post' }, headers: [['content-length', '4'], ['Content-Length', '4']], body: 'data'`,
      ),
      authority,
    );
    expect(run.value).toEqual({ error: { tag: 'HTTP-request-denied' } });
    await expectDenials(probes, run, ['NETWORK_MALFORMED']);
  });

  it('a body after GET is framed', async () => {
    const run = await skill.run(send(`body: 'GET /smuggled HTTP/1.1'`), authority);
    expect(run.value).toMatchObject({ value: { body: 'plain' } });
    expect(seen).toMatchObject({ method: 'GET', url: '/' });
    expect(seen?.fields).toContain('Transfer-Encoding');
  });

  it('a switch of protocols by the server ends the request', async () => {
    const run = await skill.run(send(`path: '/upgrade'`), authority);
    expect(run.value).toEqual({ error: { tag: 'HTTP-upgrade-failed' } });
  });
});

it('NET-14 CONNECT, TRACE and their like, in every spelling, are never sent', async () => {
  const before = server.arrived();
  const methods = [
    { tag: 'connect' },
    { tag: 'trace' },
    ...['CONNECT', 'connect', 'Connect', 'TRACE', 'trace', 'TRACK', 'PRI'].map((val) => ({
      tag: 'other',
      val,
    })),
  ];
  const run = await skill.run(
    `return args.methods.map((method) => attempt(() => fetchOnce({ authority: args.authority, method })))`,
    { authority, methods },
  );
  expect(run.value).toEqual(methods.map(() => ({ error: { tag: 'HTTP-request-method-invalid' } })));
  await expectDenials(probes, run, ['NETWORK_MALFORMED']);
  expect(server.arrived()).toBe(before);
});

describe('NET-16 characters that end a line or a word', () => {
  it.each(['\r\nX-Evil: 1', '\n', '\r', '\0', ' ', '\t', '\u2028', 'é'])('%j', async (evil) => {
    const before = requests;
    const run = await skill.run(
      `const { Fields } = wasi.http.types;
       const { authority, evil } = args;
       return [
         attempt(() => fetchOnce({ authority, path: '/' + evil })),
         attempt(() => fetchOnce({ authority: authority + evil })),
         attempt(() => fetchOnce({ authority, method: { tag: 'other', val: 'GET' + evil } })),
         attempt(() => fetchOnce({ authority, scheme: { tag: 'other', val: 'http' + evil } })),
         attempt(() => Fields.fromList([['x' + evil, utf8.encode('y')]])),
       ]`,
      { authority, evil },
    );
    const outcomes = run.value as { value?: unknown }[];
    expect(outcomes.filter((outcome) => 'value' in outcome)).toEqual([]);
    expect(requests).toBe(before);
  });

  it('in a value of a field', async () => {
    const run = await skill.run(
      `return args.map((value) => attempt(() => wasi.http.types.Fields.fromList([['x', Uint8Array.from([97, value, 98])]])))`,
      [0, 10, 13, 27, 127],
    );
    expect(run.value).toEqual(
      [0, 10, 13, 27, 127].map(() => ({ error: { tag: 'invalid-syntax' } })),
    );
  });

  it('absolute and asterisk form, and a fragment', async () => {
    const before = requests;
    const targets = ['http://evil.test/', '*', '', 'a', '/a#b', '?a'];
    const run = await skill.run(
      `return args.targets.map((path) => attempt(() => fetchOnce({ authority: args.authority, path })))`,
      { authority, targets },
    );
    expect(run.value).toEqual(targets.map(() => ({ error: { tag: 'HTTP-request-URI-invalid' } })));
    expect(requests).toBe(before);
  });
});

it('NET-23 what a request lacks is an error value; an absent scheme is https', async () => {
  const run = await skill.run(
    `return [
      attempt(() => fetchOnce({})),
      attempt(() => fetchOnce({ authority: args, path: null })),
      attempt(() => fetchOnce({ authority: args, scheme: null })),
    ]`,
    authority,
  );
  expect(run.value).toEqual([
    { error: { tag: 'HTTP-request-URI-invalid' } },
    { error: { tag: 'HTTP-request-URI-invalid' } },
    { error: { tag: 'HTTP-request-denied' } },
  ]);
  expect(run.result.denials.at(-1)).toMatchObject({
    code: 'NETWORK_PROTOCOL',
    resource: `https://${authority}`,
  });
});

describe('servers that fail', () => {
  it.each([
    ['/cut', 'HTTP-response-incomplete'],
    ['/garbage', 'HTTP-protocol-error'],
    ['/head', 'HTTP-response-header-section-size'],
  ])('%s: %s', async (path, tag) => {
    const run = await skill.run(send(`path: '${path}'`), authority);
    expect(run.value).toMatchObject({ error: { tag } });
  });

  it('nobody listens', async () => {
    const gone = await tcpServer(() => {});
    await gone[Symbol.asyncDispose]();
    const other = await probes.skill(`network = ["http://${loopback}:${gone.port}"]`);
    const run = await other.run(send(''), `${loopback}:${gone.port}`);
    expect(run.value).toEqual({ error: { tag: 'connection-refused' } });
  });

  it('silence ends at the time that the guest set', async () => {
    const run = await skill.run(send(`path: '/silent', firstByteTimeout: 50000000`), authority);
    expect(run.value).toEqual({ error: { tag: 'HTTP-response-timeout' } });
  });

  it('silence ends at the time limit of the invocation, and the embedder goes on meanwhile', async () => {
    const slow = await probes.skill(
      `network = ["http://${authority}"]\n[skill.resources]\ntimeout = 1`,
    );
    const { value: run, turns } = await countTurns(() =>
      slow.run(send(`path: '/stall'`), authority),
    );
    expect(run.result.error?.code).toBe('TIMEOUT');
    expect(turns).toBeGreaterThan(10);
  });
});

it('a request that is granted by two protocols only goes where it says', async () => {
  const both = await probes.skill(
    network({ ips: [loopback], ports: [server.port], protocols: ['http', 'https'] }),
  );
  const run = await both.run(
    `return [attempt(() => fetchOnce({ authority: args }).status), attempt(() => fetchOnce({ authority: args, scheme: { tag: 'HTTPS' } }))]`,
    authority,
  );
  expect(run.value).toMatchObject([{ value: 200 }, { error: { tag: 'TLS-protocol-error' } }]);
});
