/** The head of an outgoing request, as it came over the wire: checked, judged against no grant yet. */
import { defaultPorts } from '../authority/network-rule.ts';
import type { Endpoint } from '../authority/network.ts';
import type { Arguments } from './filesystem-arguments.ts';
import { parseAuthority } from './http-authority.ts';
import {
  HEADER_BYTES,
  HEADER_FIELDS,
  isFieldValue,
  isForbiddenField,
  isRefusedMethod,
  isRequestTarget,
  isToken,
  TARGET_LENGTH,
} from './http-rules.ts';
import { ProtocolViolation } from './wasi-error.ts';

export interface RequestHead {
  readonly endpoint: Endpoint & { readonly protocol: 'http' | 'https' };
  readonly method: string;
  readonly target: string;
  /** In the order of the guest; values one character a byte. */
  readonly fields: readonly (readonly [string, string])[];
  /** What the guest's `content-length` says. */
  readonly contentLength: number | undefined;
}

/** A request that no manifest can allow. */
export class RequestRefused extends Error {
  /** Error code of wasi:http. */
  readonly code: string;
  readonly target: string;
  readonly rule: string;
  readonly kind: 'malformed' | 'protocol';

  constructor(
    code: string,
    target: string,
    rule: string,
    kind: 'malformed' | 'protocol' = 'malformed',
  ) {
    super(rule);
    this.code = code;
    this.target = target;
    this.rule = rule;
    this.kind = kind;
  }
}

/** Name and value pairs, the value one character a byte. */
export function readFields(from: Arguments): [string, string][] {
  return from.list(4 * HEADER_FIELDS).map(pair);
}

function pair(value: unknown): [string, string] {
  if (!Array.isArray(value) || value.length !== 2)
    throw new ProtocolViolation('net.http-send: bad field');
  const [name, text] = value as unknown[];
  if (typeof name !== 'string' || typeof text !== 'string') {
    throw new ProtocolViolation('net.http-send: bad field');
  }
  return [name, text];
}

/** Whole milliseconds, or `null` where the guest set none. */
export interface RequestTimes {
  readonly connect: number | null;
  readonly firstByte: number | null;
  readonly betweenBytes: number | null;
}

function time(value: unknown): number | null {
  if (value === null) return null;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new ProtocolViolation('net.http-send: bad time');
}

export interface SentRequest {
  readonly method: string;
  readonly scheme: string;
  readonly authority: string;
  readonly target: string;
  readonly fields: readonly (readonly [string, string])[];
  readonly times: RequestTimes;
  /** `none`, the bytes that came along, or more to come behind them. */
  readonly body: 'none' | 'whole' | 'open';
}

export function readSentRequest(from: Arguments): SentRequest {
  const [method, scheme, authority, target] = [
    from.string(),
    from.string(),
    from.string(),
    from.string(),
  ];
  const fields = readFields(from);
  const [connect = null, firstByte = null, betweenBytes = null] = from.list(3).map(time);
  const body = from.string();
  if (body !== 'none' && body !== 'whole' && body !== 'open') {
    throw new ProtocolViolation('net.http-send: bad body');
  }
  return {
    method,
    scheme,
    authority,
    target,
    fields,
    times: { connect, firstByte, betweenBytes },
    body,
  };
}

function contentLength(
  fields: SentRequest['fields'],
  refuse: (rule: string) => never,
): number | undefined {
  const found = fields.filter(([name]) => name.toLowerCase() === 'content-length');
  if (found.length > 1) refuse('a request has one content-length at most');
  const text = found[0]?.[1];
  if (text === undefined) return undefined;
  if (!/^(?:0|[1-9]\d{0,14})$/.test(text)) refuse('content-length is a decimal number');
  return Number(text);
}

/** @throws RequestRefused */
export function checkRequest(sent: SentRequest): RequestHead {
  const shown = `${sent.scheme}://${sent.authority}`;
  const refuse = (rule: string, code = 'HTTP-request-denied'): never => {
    throw new RequestRefused(code, shown, rule);
  };
  if (!isToken(sent.method)) refuse('the method is no token', 'HTTP-request-method-invalid');
  if (isRefusedMethod(sent.method)) {
    refuse('CONNECT, TRACE, TRACK and PRI are never sent', 'HTTP-request-method-invalid');
  }
  const scheme = sent.scheme.toLowerCase();
  if (scheme !== 'http' && scheme !== 'https') {
    const rule = 'an HTTP request has the scheme http or https';
    throw new RequestRefused('HTTP-protocol-error', shown, rule, 'protocol');
  }
  const authority = parseAuthority(sent.authority);
  if (authority === undefined) {
    return refuse(
      'the authority is a host and an optional port from 1 to 65535',
      'HTTP-request-URI-invalid',
    );
  }
  if (sent.target.length > TARGET_LENGTH) {
    refuse(
      `a path with query has at most ${TARGET_LENGTH} characters`,
      'HTTP-request-URI-too-long',
    );
  }
  if (!isRequestTarget(sent.target)) {
    refuse(
      'the path with query begins with / and has visible ASCII only',
      'HTTP-request-URI-invalid',
    );
  }
  let bytes = 0;
  for (const [name, value] of sent.fields) {
    bytes += name.length + value.length;
    if (!isToken(name) || !isFieldValue(value)) refuse('a header field is malformed');
    if (isForbiddenField(name)) refuse(`the header ${name.toLowerCase()} is the host's`);
  }
  if (sent.fields.length > HEADER_FIELDS || bytes > HEADER_BYTES) {
    refuse(
      `a request has at most ${HEADER_FIELDS} header fields of ${HEADER_BYTES} bytes together`,
      'HTTP-request-header-section-size',
    );
  }
  const port = authority.port ?? defaultPorts[scheme] ?? 0;
  return {
    endpoint: { protocol: scheme, host: authority.host, port },
    method: sent.method,
    target: sent.target,
    fields: sent.fields,
    contentLength: contentLength(sent.fields, refuse),
  };
}
