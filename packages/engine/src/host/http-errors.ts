/** wasi:http/types `error-code`, from the codes that the broker answers with. */

/** Cases with a payload, and the payload that says nothing. Cases that are absent here have none. */
const payloads: Readonly<Record<string, () => unknown>> = {
  'DNS-error': () => ({ rcode: undefined, infoCode: undefined }),
  'TLS-alert-received': () => ({ alertId: undefined, alertMessage: undefined }),
  'HTTP-request-body-size': () => undefined,
  'HTTP-request-header-section-size': () => undefined,
  'HTTP-response-header-section-size': () => undefined,
  'HTTP-response-body-size': () => undefined,
  'HTTP-response-content-coding': () => undefined,
  'internal-error': () => undefined,
};

const plain = new Set([
  'DNS-timeout',
  'destination-not-found',
  'destination-unavailable',
  'destination-IP-prohibited',
  'destination-IP-unroutable',
  'connection-refused',
  'connection-terminated',
  'connection-timeout',
  'connection-read-timeout',
  'connection-write-timeout',
  'connection-limit-reached',
  'TLS-protocol-error',
  'TLS-certificate-error',
  'HTTP-request-denied',
  'HTTP-request-method-invalid',
  'HTTP-request-URI-invalid',
  'HTTP-request-URI-too-long',
  'HTTP-response-incomplete',
  'HTTP-response-timeout',
  'HTTP-upgrade-failed',
  'HTTP-protocol-error',
]);

export interface HttpError {
  readonly tag: string;
  readonly val?: unknown;
}

/** `undefined` for what is no code of wasi:http. */
export function httpError(code: string): HttpError | undefined {
  if (plain.has(code)) return { tag: code };
  return Object.hasOwn(payloads, code) ? { tag: code, val: payloads[code]!() } : undefined;
}

/** Runs `action`; a code that the broker refuses with becomes the error value that the guest gets. */
export function withHttpErrors<T>(action: () => T): T {
  try {
    return action();
  } catch (thrown) {
    throw typeof thrown === 'string'
      ? (httpError(thrown) ?? { tag: 'internal-error', val: undefined })
      : thrown;
  }
}
