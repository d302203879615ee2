/** Messages as node:http has them: the request that is made of a checked head, and the fields of what comes back. */
import { request as send, type ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import type { ConnectionPool, PooledRequest } from './http-pool.ts';
import type { RequestHead } from './http-request.ts';
import {
  HEADER_BYTES,
  HEADER_FIELDS,
  isFieldValue,
  isForbiddenField,
  isToken,
} from './http-rules.ts';
import type { JudgedEndpoint } from './network-dial.ts';

export interface MessageOptions {
  readonly head: RequestHead;
  readonly endpoint: JudgedEndpoint;
  readonly bodyKind: 'none' | 'whole' | 'open';
  readonly pool: ConnectionPool;
}

/** What Node gives as one list, without what belongs to the connection. */
export function fieldPairs(raw: readonly string[]): [string, string][] {
  const fields: [string, string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const [name = '', value = ''] = [raw[at], raw[at + 1]];
    if (!isForbiddenField(name)) fields.push([name, value]);
  }
  return fields.slice(0, HEADER_FIELDS);
}

/** Fields that frame or route a message mean nothing behind it (RFC 9110 §6.5.1). */
export function isTrailer(name: string, value: string): boolean {
  const framing = /^(?:content-length|content-encoding|content-type|trailer)$/i.test(name);
  return isToken(name) && isFieldValue(value) && !isForbiddenField(name) && !framing;
}

/** The framing is always said explicitly: Node would send a body of unknown length after a GET without any. */
function setFields(
  request: ClientRequest,
  { head, bodyKind }: MessageOptions,
  bytes: number,
): void {
  const byName = new Map<string, [string, string[]]>();
  for (const [name, value] of head.fields) {
    const key = name.toLowerCase();
    const known = byName.get(key);
    if (known) known[1].push(value);
    else byName.set(key, [name, [value]]);
  }
  for (const [name, values] of byName.values()) {
    request.setHeader(name, values.length === 1 ? values[0]! : values);
  }
  if (head.contentLength !== undefined) return;
  if (bodyKind === 'open') request.setHeader('Transfer-Encoding', 'chunked');
  else if (bytes > 0 || /^(?:POST|PUT|PATCH)$/i.test(head.method)) {
    request.setHeader('Content-Length', bytes);
  }
}

/** @param bytes length of the body that goes along with the head */
export function makeRequest(
  options: MessageOptions,
  bytes: number,
  dial: () => Promise<Socket>,
): ClientRequest {
  const { head, endpoint, pool } = options;
  const host = endpoint.normal.includes(':') ? `[${endpoint.normal}]` : endpoint.normal;
  const isDefault = endpoint.port === (endpoint.protocol === 'https' ? 443 : 80);
  const given: PooledRequest = {
    method: head.method,
    path: head.target,
    host: endpoint.normal,
    port: endpoint.port,
    setHost: false,
    agent: pool,
    poolKey: `${endpoint.protocol} ${endpoint.normal} ${endpoint.port}`,
    dial,
    insecureHTTPParser: false,
    maxHeaderSize: HEADER_BYTES,
  };
  const request = send(given);
  request.maxHeadersCount = HEADER_FIELDS;
  request.setHeader('Host', isDefault ? host : `${host}:${endpoint.port}`);
  setFields(request, options, bytes);
  return request;
}
