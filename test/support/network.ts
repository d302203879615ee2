/** Servers on loopback for tests of the network; each counts what reached it. */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import {
  createServer as createTcpServer,
  type AddressInfo,
  type Server,
  type Socket,
} from 'node:net';
import { recordType } from '../../packages/engine/src/broker/dns-message.ts';
import type { Certificate } from './certificates.ts';

export interface Running extends AsyncDisposable {
  readonly port: number;
  /** Connections (or datagrams) that arrived. */
  readonly arrived: () => number;
}

async function listening(server: Server): Promise<Running> {
  const sockets = new Set<Socket>();
  let arrived = 0;
  server.on('connection', (socket: Socket) => {
    arrived += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    arrived: () => arrived,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function httpServer(listener: RequestListener): Promise<Running> {
  return listening(createHttpServer(listener));
}

export function httpsServer(certificate: Certificate, listener: RequestListener): Promise<Running> {
  return listening(createHttpsServer(certificate, listener));
}

export function tcpServer(onSocket: (socket: Socket) => void): Promise<Running> {
  return listening(createTcpServer({ allowHalfOpen: true }, onSocket));
}

export const tcpEcho = () => tcpServer((socket) => socket.pipe(socket));

function bound(socket: UdpSocket): Promise<Running> {
  let arrived = 0;
  socket.on('message', () => (arrived += 1));
  return new Promise((resolve) =>
    socket.bind(0, '127.0.0.1', () =>
      resolve({
        port: socket.address().port,
        arrived: () => arrived,
        async [Symbol.asyncDispose]() {
          await new Promise<void>((closed) => socket.close(closed));
        },
      }),
    ),
  );
}

export function udpEcho(): Promise<Running> {
  const socket = createSocket('udp4');
  socket.on('message', (data, from) => socket.send(data, from.port, from.address));
  return bound(socket);
}

/** The answer to a DNS query: addresses of version 4 for an A query, none for any other. */
export function dnsAnswer(query: Uint8Array, addresses: readonly string[], code = 0): Buffer {
  let end = 12;
  while (query[end] !== 0) end += query[end]! + 1;
  const type = (query[end + 1]! << 8) | query[end + 2]!;
  const given = type === recordType.A ? addresses : [];
  const head = Buffer.from([
    query[0]!,
    query[1]!,
    0x81,
    0x80 | code,
    0,
    1,
    0,
    given.length,
    0,
    0,
    0,
    0,
  ]);
  const records = given.map((address) =>
    Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split('.').map(Number)]),
  );
  return Buffer.concat([head, query.subarray(12, end + 5), ...records]);
}

/** The name that a DNS query asks for. */
export function dnsName(query: Uint8Array): string {
  const labels: string[] = [];
  for (let at = 12; query[at] !== 0; at += query[at]! + 1) {
    labels.push(Buffer.from(query.subarray(at + 1, at + 1 + query[at]!)).toString('latin1'));
  }
  return labels.join('.');
}

/** Answers each A query for a name with the next of its lists; the last one stays. */
export function rebinding(zones: Readonly<Record<string, readonly (readonly string[])[]>>) {
  const asked = new Map<string, number>();
  return (query: Uint8Array): Buffer => {
    const name = dnsName(query);
    const lists = zones[name];
    if (lists === undefined) return dnsAnswer(query, [], 3);
    const answer = dnsAnswer(query, lists[0]!);
    if (answer[7] === 0) return answer;
    const turn = asked.get(name) ?? 0;
    asked.set(name, turn + 1);
    return dnsAnswer(query, lists[Math.min(turn, lists.length - 1)]!);
  };
}

/** `undefined` is no answer at all. */
export function dnsServer(answer: (query: Uint8Array) => Buffer | undefined): Promise<Running> {
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const bytes = answer(query);
    if (bytes) socket.send(bytes, from.port, from.address);
  });
  return bound(socket);
}

/** DNS over HTTPS (RFC 8484, POST). */
export function dohServer(
  certificate: Certificate,
  answer: (query: Uint8Array) => Buffer,
): Promise<Running> {
  return httpsServer(certificate, (request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      response.setHeader('content-type', 'application/dns-message');
      response.end(answer(Buffer.concat(parts)));
    });
  });
}
