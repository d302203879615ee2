/**
 * What a request may look like, whatever is granted. Shared by both sides: the guest's side tells the guest early,
 * the broker decides. Sources: RFC 9110 (fields, methods), RFC 9112 (request target, framing), wasi:http@0.2.
 */
/** Header fields of one message, and their names and values together. */
export const HEADER_FIELDS = 256;
export const HEADER_BYTES = 64 * 1024;

/** Bytes of a body that are held until its request is sent, and go along with its head. */
export const SENT_BODY_BYTES = 128 * 1024;

/** Characters of a path with query. */
export const TARGET_LENGTH = 16 * 1024;

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/;

export function isToken(text: string): boolean {
  return token.test(text);
}

/** Visible characters, space, tab, and bytes of no known meaning (RFC 9110 §5.5); one character a byte. */
export function isFieldValue(text: string): boolean {
  return /^[\t\u0020-\u007e\u0080-\u00ff]*$/.test(text);
}

/**
 * Fields that belong to the connection, or that tell who is asked or who asks: the host writes them, or nobody.
 * `forwarded` and its kin are a proxy's word, which a guest could only forge.
 */
const forbiddenFields = new Set([
  'connection',
  'expect',
  'forwarded',
  'host',
  'http2-settings',
  'keep-alive',
  'te',
  'transfer-encoding',
  'upgrade',
]);

export function isForbiddenField(name: string): boolean {
  const lower = name.toLowerCase();
  return forbiddenFields.has(lower) || /^(?:proxy|x-forwarded)-/.test(lower);
}

/** `CONNECT` makes a tunnel, `TRACE` reflects what the host adds, `PRI` begins another protocol. */
const refusedMethods = new Set(['CONNECT', 'TRACE', 'TRACK', 'PRI']);

export function isRefusedMethod(method: string): boolean {
  return refusedMethods.has(method.toUpperCase());
}

/** Origin form only: absolute form would name another host to a proxy, and a fragment is never sent. */
export function isRequestTarget(target: string): boolean {
  return /^\/[\u0021\u0022\u0024-\u007e]*$/.test(target);
}
