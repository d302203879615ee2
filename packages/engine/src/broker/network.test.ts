import { afterEach, describe, expect, it } from 'vitest';
import type { Answer } from '../isolate/process.ts';
import { NETWORK_LIMITS, type NetworkLimits } from '../limits/limits.ts';
import type { NetworkProtocol } from '../manifest/types.ts';
import {
  dnsServer,
  httpServer,
  rebinding,
  tcpEcho,
  tcpServer,
  udpEcho,
} from '../../../../test/support/network.ts';
import type { NetworkDenial } from './network-denial.ts';
import { NetworkBroker } from './network.ts';
import { WasiError } from './wasi-error.ts';

const NOTHING = new Uint8Array(0);
const loopback = '127.0.0.1';

interface Given {
  readonly domains?: readonly string[];
  readonly addresses?: readonly string[];
  readonly ports: readonly number[];
  readonly protocols?: readonly NetworkProtocol[];
  readonly dns?: string;
  readonly dnsPort?: number;
  readonly limits?: Partial<NetworkLimits>;
}

const opened: NetworkBroker[] = [];

afterEach(() => {
  for (const broker of opened.splice(0)) broker.close();
});

/** A broker, and a way to ask it that tells a refusal by its code. */
function open(given: Given) {
  const {
    domains = [],
    addresses = ['127.0.0.0/8'],
    ports,
    protocols = ['http', 'tcp', 'udp'],
  } = given;
  const denials: NetworkDenial[] = [];
  const broker = new NetworkBroker(
    {
      authority: {
        layers: [{ part: 'declared', rules: [{ domains, addresses, ports, protocols }] }],
        dns: given.dns ?? 'system',
      },
      limits: { ...NETWORK_LIMITS, ...given.limits },
      trust: { ca: [] },
      dnsPort: given.dnsPort,
    },
    (denial) => denials.push(denial),
  );
  opened.push(broker);
  const call = async (op: string, args: unknown[], bytes = NOTHING): Promise<Answer> => {
    try {
      return await broker.call(op, args, bytes);
    } catch (error) {
      if (error instanceof WasiError) return { error: error.code };
      throw error;
    }
  };
  const ask = async (op: string, ...args: unknown[]): Promise<unknown> => {
    const answer = await call(op, args);
    return 'error' in answer ? answer.error : answer.value;
  };
  const send = (authority: string, target = '/', times: (number | null)[] = [null, null, null]) =>
    ask('net.http-send', 'GET', 'http', authority, target, [], times, 'none', []);
  /** Sends, waits, and reads the whole body; the status, and its bytes or why it stopped. */
  const fetch = async (authority: string, target = '/', times?: (number | null)[]) => {
    const handle = await send(authority, target, times);
    if (typeof handle !== 'number') return handle;
    await ask('net.wait', [[handle, 'ready']], []);
    const response = await call('net.http-response', [handle, false]);
    if ('error' in response) return response.error;
    const head = response.value;
    let length = response.bytes?.length ?? 0;
    for (;;) {
      const answer = await call('net.read', [handle, 65_536, true]);
      if ('error' in answer) return answer.error;
      if (answer.value === 'end') break;
      length += answer.bytes?.length ?? 0;
    }
    await ask('net.drop', handle);
    return { status: (head as { status: number }).status, length };
  };
  const connect = async (port: number) => {
    const handle = await ask('net.tcp-open', 4);
    if (typeof handle !== 'number') return handle;
    const started = await ask('net.tcp-connect', handle, loopback, port);
    if (started !== null) return started;
    await ask('net.wait', [[handle, 'ready']], []);
    const finished = await ask('net.tcp-finish', handle);
    return finished === null ? handle : finished;
  };
  return { broker, denials, call, ask, send, fetch, connect };
}

describe('what no honest isolate sends ends it', () => {
  it.each<[string, unknown[]]>([
    ['net.unknown', []],
    ['net.wait', []],
    ['net.wait', [[[1, 'ready']], []]],
    ['net.wait', [[[0, 'listen']], []]],
    ['net.wait', [[null], []]],
    ['net.wait', [[], [-1]]],
    ['net.wait', [[], ['1']]],
    ['net.read', [1, 1, true]],
    ['net.read', [-1, 1, true]],
    ['net.write', [1, false]],
    ['net.drop', ['1']],
    ['net.drop', [7]],
    ['net.permit', [{}]],
    ['net.http-send', []],
    ['net.http-send', ['GET', 'http', 'a', '/', {}, [], 'none', []]],
    ['net.http-send', ['GET', 'http', 'a', '/', [['x']], [], 'none', []]],
    ['net.http-send', ['GET', 'http', 'a', '/', [['x', 1]], [], 'none', []]],
    ['net.http-send', ['GET', 'http', 'a', '/', [], [-1], 'none', []]],
    ['net.http-send', ['GET', 'http', 'a', '/', [], [1.5], 'none', []]],
    ['net.http-send', ['GET', 'http', 'a', '/', [], [], 'other', []]],
    ['net.http-send', ['GET', 'http', 'a', '/', [], [], 'none', [], 'more']],
    [
      'net.http-send',
      ['GET', 'http', 'a', '/', Array.from({ length: 2000 }, () => ['a', 'b']), [], 'none', []],
    ],
    ['net.http-response', [1, false]],
    ['net.tcp-open', [5]],
    ['net.tcp-connect', [1, loopback, 80]],
    ['net.udp-send', [1, loopback, 80]],
    ['net.udp-open', ['4']],
    ['net.resolve', [1]],
    ['net.resolve-next', [1]],
  ])('%s %j', async (op, args) => {
    const { call, denials } = open({ ports: [80] });
    await expect(call(op, args)).rejects.toMatchObject({ name: 'ProtocolViolation' });
    expect(denials).toEqual([]);
  });

  it('a handle of another kind, or of before', async () => {
    await using echo = await tcpEcho();
    const { ask, connect } = open({ ports: [echo.port] });
    const handle = await connect(echo.port);
    await expect(ask('net.http-response', handle, false)).rejects.toMatchObject({
      name: 'ProtocolViolation',
    });
    await expect(ask('net.udp-permit', handle)).rejects.toMatchObject({
      name: 'ProtocolViolation',
    });
    await expect(ask('net.tcp-shutdown', handle, 'twice')).rejects.toMatchObject({
      name: 'ProtocolViolation',
    });
    expect(await ask('net.drop', handle)).toBeNull();
    await expect(ask('net.read', handle, 1, false)).rejects.toMatchObject({
      name: 'ProtocolViolation',
    });
  });

  it('more bytes than it was permitted', async () => {
    await using deaf = await tcpServer((socket) => socket.pause());
    const { call, ask, connect } = open({ ports: [deaf.port] });
    const handle = await connect(deaf.port);
    const flood = async () => {
      for (let round = 0; round < 1000; round += 1) {
        await call('net.write', [handle, false], new Uint8Array(65_536));
      }
    };
    await expect(flood()).rejects.toMatchObject({ name: 'ProtocolViolation' });
    expect(await ask('net.permit', handle)).toBe(0);
  });

  it('more body along with its head than is held', async () => {
    const { call } = open({ ports: [80] });
    const sent = call(
      'net.http-send',
      ['PUT', 'http', loopback, '/', [], [], 'whole'],
      new Uint8Array(200_000),
    );
    await expect(sent).rejects.toMatchObject({ name: 'ProtocolViolation' });
  });
});

describe("the broker judges again what the guest's side has let pass", () => {
  it.each([
    ['host', 'x'],
    ['Transfer-Encoding', 'chunked'],
    ['proxy-authorization', 'x'],
    ['x-forwarded-host', 'x'],
    ['bad name', 'x'],
    ['x', 'a\r\nb'],
    ['x', '\u0100'],
    ['', 'x'],
  ])('field %j: %j', async (name, value) => {
    await using server = await httpServer((_, response) => response.end());
    const { ask, denials } = open({ ports: [server.port] });
    const sent = ask(
      'net.http-send',
      'GET',
      'http',
      `${loopback}:${server.port}`,
      '/',
      [[name, value]],
      [],
      'none',
      [],
    );
    expect(await sent).toBe('HTTP-request-denied');
    expect(denials).toMatchObject([{ kind: 'refused', code: 'NETWORK_MALFORMED' }]);
    expect(server.arrived()).toBe(0);
  });

  it.each([
    ['CONNECT', 'http', '/', 'HTTP-request-method-invalid'],
    ['GET\r\n', 'http', '/', 'HTTP-request-method-invalid'],
    ['GET', 'unix', '/', 'HTTP-protocol-error'],
    ['GET', 'http', 'http://x/', 'HTTP-request-URI-invalid'],
    ['GET', 'http', '/ HTTP/1.1', 'HTTP-request-URI-invalid'],
    ['GET', 'http', `/${'x'.repeat(20_000)}`, 'HTTP-request-URI-too-long'],
  ])('%j %j %j', async (method, scheme, target, code) => {
    const { ask } = open({ ports: [80] });
    expect(await ask('net.http-send', method, scheme, loopback, target, [], [], 'none', [])).toBe(
      code,
    );
  });

  it('fields that are too many or too long', async () => {
    const { ask } = open({ ports: [80] });
    const many = Array.from({ length: 300 }, (_, index) => [`x-${index}`, 'y']);
    const long = [['x', 'y'.repeat(70_000)]];
    for (const fields of [many, long]) {
      const sent = ask('net.http-send', 'GET', 'http', loopback, '/', fields, [], 'none', []);
      expect(await sent).toBe('HTTP-request-header-section-size');
    }
  });
});

describe('a resolver that is given by its address', () => {
  it('NET-09 is asked once for a connection, and each connection is judged by its own answer', async () => {
    await using server = await httpServer((_, response) => response.end('ok'));
    await using dns = await dnsServer(
      rebinding({ 'rebind.test': [[loopback], ['10.0.0.1'], ['169.254.169.254']] }),
    );
    const given = {
      domains: ['rebind.test'],
      addresses: ['127.0.0.1/32'],
      ports: [server.port],
      dns: loopback,
      dnsPort: dns.port,
    };
    const { ask, denials } = open({ ...given, protocols: ['tcp'] });
    const look = async () => {
      const handle = await ask('net.resolve', 'rebind.test');
      await ask('net.wait', [[handle, 'ready']], []);
      return ask('net.resolve-next', handle);
    };
    expect(await look()).toBe(loopback);
    expect(await look()).toBe('access-denied');
    expect(await look()).toBe('access-denied');
    expect(denials).toEqual([
      { kind: 'lookup', name: 'rebind.test', address: '10.0.0.1' },
      { kind: 'lookup', name: 'rebind.test', address: '169.254.169.254' },
    ]);
    const { fetch, denials: refused } = open(given);
    expect(await fetch(`rebind.test:${server.port}`)).toBe('destination-IP-prohibited');
    expect(refused).toHaveLength(1);
    expect(server.arrived()).toBe(0);
  });

  it("NET-05 the system's resolver: a name of this machine is judged by its address", async () => {
    await using server = await httpServer((_, response) => response.end('ok'));
    const granted = open({ ports: [server.port], addresses: ['127.0.0.1/32'] });
    expect(await granted.fetch(`LOCALHOST:${server.port}`)).toEqual({ status: 200, length: 2 });
    const named = open({ ports: [server.port], domains: ['localhost'], addresses: [] });
    expect(await named.fetch(`localhost.:${server.port}`)).toBe('destination-IP-prohibited');
  });

  it('that answers nonsense, or nothing, fails the lookup and nothing else', async () => {
    await using nonsense = await dnsServer((query) =>
      Buffer.concat([query.subarray(0, 2), Buffer.from([0x81, 0x80, 0xff])]),
    );
    const { fetch } = open({
      domains: ['a.test'],
      ports: [80],
      dns: loopback,
      dnsPort: nonsense.port,
    });
    expect(await fetch('a.test')).toBe('DNS-error');
  });
});

describe('budgets', () => {
  it('requests to one host, and in all', async () => {
    await using server = await httpServer((_, response) => response.end('ok'));
    const given = { ports: [server.port], addresses: ['127.0.0.0/8'] };
    const authority = `${loopback}:${server.port}`;
    const perHost = open({ ...given, limits: { requestsPerHost: 2 } });
    expect(await perHost.fetch(authority)).toMatchObject({ status: 200 });
    expect(await perHost.fetch(authority)).toMatchObject({ status: 200 });
    expect(await perHost.fetch(authority)).toBe('connection-limit-reached');
    expect(perHost.broker.spent).toBe('2 requests for one host');
    const all = open({ ...given, limits: { requests: 1 } });
    await all.fetch(authority);
    expect(await all.fetch(authority)).toBe('connection-limit-reached');
    expect(all.broker.spent).toBe('1 requests');
  });

  it('connections at once, in all, and after one was closed', async () => {
    await using echo = await tcpEcho();
    const atOnce = open({ ports: [echo.port], limits: { openConnections: 2 } });
    const first = await atOnce.connect(echo.port);
    expect(typeof (await atOnce.connect(echo.port))).toBe('number');
    expect(await atOnce.connect(echo.port)).toBe('new-socket-limit');
    await atOnce.ask('net.drop', first);
    await expect.poll(() => atOnce.connect(echo.port)).toBeTypeOf('number');
    const inAll = open({ ports: [echo.port], limits: { connections: 1 } });
    await inAll.ask('net.drop', await inAll.connect(echo.port));
    expect(await inAll.connect(echo.port)).toBe('new-socket-limit');
    expect(inAll.broker.spent).toBe('1 connections');
  });

  it('idle connections take no room from others', async () => {
    const servers = await Promise.all(
      Array.from({ length: 6 }, () => httpServer((_, response) => response.end('ok'))),
    );
    const { fetch } = open({
      ports: servers.map(({ port }) => port),
      limits: { openConnections: 4 },
    });
    for (const { port } of servers) {
      expect(await fetch(`${loopback}:${port}`)).toMatchObject({ status: 200 });
    }
    for (const server of servers) await server[Symbol.asyncDispose]();
  });

  it('handles', async () => {
    const { ask, broker } = open({ ports: [80], limits: { handles: 3 } });
    for (let count = 0; count < 3; count += 1)
      expect(await ask('net.tcp-open', 4)).toBeTypeOf('number');
    expect(await ask('net.tcp-open', 4)).toBe('new-socket-limit');
    expect(await ask('net.http-send', 'GET', 'http', loopback, '/', [], [], 'none', [])).toBe(
      'connection-limit-reached',
    );
    expect(broker.spent).toContain('3 sockets');
  });

  it('bytes of TCP, in both directions together', async () => {
    await using echo = await tcpEcho();
    const { ask, call, connect } = open({ ports: [echo.port], limits: { bytesPerHost: 1500 } });
    const handle = await connect(echo.port);
    expect(await call('net.write', [handle, true], new Uint8Array(1000))).toEqual({ value: null });
    expect(await call('net.read', [handle, 400, true])).toMatchObject({ value: null });
    expect(await call('net.read', [handle, 600, true])).toEqual({ error: 'connection-aborted' });
    expect(await ask('net.permit', handle)).toBe('connection-aborted');
  });

  it('bytes of datagrams', async () => {
    await using echo = await udpEcho();
    const { ask, call } = open({ ports: [echo.port], limits: { bytes: 150 } });
    const handle = await ask('net.udp-open', 4);
    await ask('net.udp-bind', handle, true);
    expect(await call('net.udp-send', [handle, loopback, echo.port], new Uint8Array(100))).toEqual({
      value: null,
    });
    expect(await call('net.udp-send', [handle, loopback, echo.port], new Uint8Array(100))).toEqual({
      error: 'connection-aborted',
    });
  });

  it('the body of one response, whatever its length says', async () => {
    await using server = await httpServer((request, response) => {
      if (request.url === '/chunked') response.write('y');
      response.end(Buffer.alloc(50_000));
    });
    const { fetch } = open({ ports: [server.port], limits: { responseBytes: 50_000 } });
    expect(await fetch(`${loopback}:${server.port}`)).toEqual({ status: 200, length: 50_000 });
    expect(await fetch(`${loopback}:${server.port}`, '/chunked')).toBe('HTTP-response-body-size');
  });

  it('lookups', async () => {
    await using dns = await dnsServer(rebinding({}));
    const { fetch, broker } = open({
      domains: ['*.test'],
      ports: [80],
      dns: loopback,
      dnsPort: dns.port,
      limits: { lookups: 1 },
    });
    expect(await fetch('a.test')).toBe('destination-not-found');
    expect(await fetch('b.test')).toBe('connection-limit-reached');
    expect(broker.spent).toBe('1 name lookups');
  });
});

describe('times', () => {
  it("a guest's longer time does not replace the host's", async () => {
    await using silent = await tcpServer(() => {});
    const limits = { firstByteMs: 30, connectMs: 1000 };
    const { fetch } = open({ ports: [silent.port], limits });
    expect(await fetch(`${loopback}:${silent.port}`, '/', [null, 3_600_000, null])).toBe(
      'HTTP-response-timeout',
    );
  });

  it('a body that stalls', async () => {
    await using server = await httpServer((_, response) => void response.write('first'));
    const { fetch } = open({ ports: [server.port], limits: { betweenBytesMs: 30 } });
    expect(await fetch(`${loopback}:${server.port}`)).toBe('connection-read-timeout');
  });

  it('a resolver that never answers is waited for no longer than for a connection', async () => {
    await using mute = await dnsServer(() => undefined);
    const { fetch } = open({
      domains: ['a.test'],
      ports: [80],
      dns: loopback,
      dnsPort: mute.port,
      limits: { connectMs: 50 },
    });
    expect(await fetch('a.test')).toBe('connection-timeout');
  });
});

it('the end of an invocation closes all of its connections, also those that are still asked for', async () => {
  let open_ = 0;
  await using server = await tcpServer((socket) => {
    open_ += 1;
    socket.on('close', () => (open_ -= 1));
    socket.on('end', () => socket.end());
    socket.resume();
  });
  const { broker, connect, send, ask } = open({ ports: [server.port] });
  for (let count = 0; count < 5; count += 1) await connect(server.port);
  const handle = await send(`${loopback}:${server.port}`);
  await expect.poll(() => open_).toBe(6);
  const waiting = ask('net.wait', [[handle, 'ready']], []);
  await send(`${loopback}:${server.port}`);
  broker.close();
  await expect.poll(() => open_).toBe(0);
  expect(await waiting).toEqual([0]);
});

it('a connection that the other side closed while it was idle is not used again', async () => {
  await using server = await httpServer((_, response) => {
    response.end('ok');
    response.socket?.end();
  });
  const { fetch } = open({ ports: [server.port] });
  for (let count = 0; count < 5; count += 1) {
    expect(await fetch(`${loopback}:${server.port}`)).toEqual({ status: 200, length: 2 });
  }
});
