import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { NETWORK_LIMITS } from '../limits/limits.ts';
import { httpServer, tcpEcho, udpEcho, type Running } from '../../../../test/support/network.ts';
import { NetworkBroker } from './network.ts';
import { ProtocolViolation, WasiError } from './wasi-error.ts';

const loopback = '127.0.0.1';

let servers: Running[];

beforeAll(async () => {
  servers = [
    await httpServer((_, response) => response.end('ok')),
    await tcpEcho(),
    await udpEcho(),
  ];
});

afterAll(async () => {
  for (const server of servers) await server[Symbol.asyncDispose]();
});

/** What an isolate could say that knows the protocol: right and wrong values, mixed. */
function requests(): fc.Arbitrary<{ op: string; args: unknown[]; bytes: number }[]> {
  const ports = servers.map(({ port }) => port);
  const handle = fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: 1, max: 6 }) },
    { weight: 1, arbitrary: fc.constantFrom<unknown>(0, -1, 1.5, null, '1', [], 99) },
  );
  const port = fc.constantFrom(...ports, 1, 0);
  const flag = fc.boolean();
  const pairs = fc.array(
    fc.tuple(fc.constantFrom('x', 'content-length', 'host', ''), fc.constantFrom('1', '', '\r')),
    { maxLength: 2 },
  );
  const op = (name: string, ...parts: fc.Arbitrary<unknown>[]) =>
    fc.record({
      op: fc.constant(name),
      args: fc.tuple(...parts),
      bytes: fc.constantFrom(0, 0, 1, 1000, 70_000),
    });
  const known = fc.oneof(
    op('net.tcp-open', fc.constantFrom(4, 6, 5)),
    op('net.tcp-connect', handle, fc.constantFrom(loopback, '::1', 'x', '10.0.0.1'), port),
    op('net.tcp-finish', handle),
    op('net.tcp-shutdown', handle, fc.constantFrom('send', 'receive', 'both', 'x')),
    op('net.tcp-address', handle, flag),
    op('net.tcp-keep-alive', handle, flag, fc.constantFrom(0, 1000, 2 ** 31)),
    op('net.tcp-bind', handle),
    op('net.tcp-listen', handle),
    op('net.udp-open', fc.constantFrom(4, 6)),
    op('net.udp-bind', handle, flag),
    op('net.udp-peer', handle, fc.constant(true), fc.constant(loopback), port),
    op('net.udp-peer', handle, fc.constant(false)),
    op('net.udp-send', handle, fc.constant(loopback), port),
    op('net.udp-permit', handle),
    op('net.udp-receive', handle),
    op('net.udp-hop-limit', handle, fc.constantFrom(0, 1, 255, 256)),
    op('net.udp-address', handle),
    op('net.resolve', fc.constantFrom(loopback, 'localhost', '', '10.0.0.1', 'x'.repeat(2000))),
    op('net.resolve-next', handle),
    op(
      'net.http-send',
      fc.constantFrom('GET', 'POST', 'CONNECT'),
      fc.constantFrom('http', 'https'),
      port.map((at) => `${loopback}:${at}`),
      fc.constantFrom('/', 'x'),
      pairs,
      fc.constant([null, 50, 50]),
      fc.constantFrom('none', 'whole', 'open'),
      fc.constant([]),
    ),
    op('net.http-response', handle, fc.constant(false)),
    op('net.http-finish', handle, pairs),
    op('net.http-abandon', handle),
    op('net.http-drain', handle),
    op('net.http-trailers', handle),
    op('net.read', handle, fc.constantFrom(0, 1, 65_536), fc.constant(false)),
    op('net.write', handle, fc.constant(false)),
    op('net.permit', handle),
    op('net.drop', handle),
    op(
      'net.wait',
      fc.array(fc.tuple(handle, fc.constantFrom('ready', 'read', 'write')), { maxLength: 3 }),
      fc.constantFrom([0], [2]),
    ),
    op('net.nothing', handle),
  );
  return fc.array(known, { minLength: 10, maxLength: 60 });
}

it('whatever an isolate says, in whatever order: a refusal, a violation, or an answer', async () => {
  let answers = 0;
  let refusals = 0;
  await fc.assert(
    fc.asyncProperty(requests(), async (list) => {
      const broker = new NetworkBroker(
        {
          authority: {
            layers: [
              {
                part: 'declared',
                rules: [
                  {
                    domains: [],
                    addresses: [`${loopback}/32`],
                    ports: servers.map(({ port }) => port),
                    protocols: ['http', 'tcp', 'udp'],
                  },
                ],
              },
            ],
            dns: 'system',
          },
          limits: { ...NETWORK_LIMITS, handles: 5 },
          trust: { ca: [] },
        },
        () => {},
      );
      try {
        for (const { op, args, bytes } of list) {
          try {
            const answer = await broker.call(op, args, new Uint8Array(bytes));
            expect(answer).toHaveProperty('value');
            answers += 1;
          } catch (error) {
            if (error instanceof WasiError) refusals += 1;
            else expect(error).toBeInstanceOf(ProtocolViolation);
          }
        }
      } finally {
        broker.close();
      }
    }),
    { numRuns: 300 },
  );
  // Both roads were taken, many times.
  expect(Math.min(answers, refusals)).toBeGreaterThan(100);
});
