/** DNS over HTTPS (RFC 8484): a resolver that is named by a URL. */
import { request } from 'node:http';
import type { Socket } from 'node:net';
import { decodeAnswer, encodeQuery, recordType, type DnsAnswer } from './dns-message.ts';
import { NetworkFailure } from './network-failure.ts';

/** Longest DNS message. */
const MESSAGE_BYTES = 65_535;

export interface HttpsResolver {
  readonly url: URL;
  /** A connection to the resolver, TLS included. */
  readonly connect: (signal: AbortSignal) => Promise<Socket>;
}

async function exchange(
  { url, connect }: HttpsResolver,
  query: Uint8Array,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const socket = await connect(signal);
  try {
    return await new Promise<Uint8Array>((resolve, reject) => {
      const outgoing = request({
        method: 'POST',
        path: `${url.pathname}${url.search}`,
        host: url.hostname,
        setHost: false,
        headers: {
          host: url.host,
          accept: 'application/dns-message',
          'content-type': 'application/dns-message',
          'content-length': query.length,
        },
        createConnection: () => socket,
        insecureHTTPParser: false,
        signal,
      });
      outgoing.on('error', reject);
      outgoing.on('response', (response) => {
        const parts: Uint8Array[] = [];
        let length = 0;
        response.on('data', (part: Uint8Array) => {
          length += part.length;
          if (length > MESSAGE_BYTES) response.destroy(new NetworkFailure('name-failed'));
          else parts.push(part);
        });
        response.on('error', reject);
        response.on('end', () => {
          if (response.statusCode === 200) resolve(Buffer.concat(parts));
          else reject(new NetworkFailure('name-failed'));
        });
      });
      outgoing.end(query);
    });
  } finally {
    socket.destroy();
  }
}

/** Both families at once. */
export function askHttpsResolver(
  resolver: HttpsResolver,
  name: string,
  signal: AbortSignal,
): Promise<readonly DnsAnswer[]> {
  return Promise.all(
    [recordType.A, recordType.AAAA].map(async (type) =>
      decodeAnswer(await exchange(resolver, encodeQuery(name, type), signal), type),
    ),
  );
}
