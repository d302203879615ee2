/** Why a connection or an exchange failed, in one vocabulary; each interface has its own words for it. */

const reasons = [
  'denied',
  'prohibited',
  'malformed',
  'limit',
  'bytes',
  'name-not-found',
  'name-failed',
  'timeout',
  'refused',
  'unreachable',
  'reset',
  'closed',
  'tls-certificate',
  'tls-alert',
  'tls',
  'other',
] as const;

export type FailureReason = (typeof reasons)[number];

/** Carries no address, path or message of the host: only `reason` goes on. */
export class NetworkFailure extends Error {
  readonly reason: FailureReason;
  constructor(reason: FailureReason) {
    super(reason);
    this.reason = reason;
  }
}

const fromSystem = new Map<string, FailureReason>([
  ['ECONNREFUSED', 'refused'],
  ['ECONNRESET', 'reset'],
  ['ECONNABORTED', 'reset'],
  ['EPIPE', 'closed'],
  ['ETIMEDOUT', 'timeout'],
  ['EHOSTUNREACH', 'unreachable'],
  ['ENETUNREACH', 'unreachable'],
  ['EHOSTDOWN', 'unreachable'],
  ['ENETDOWN', 'unreachable'],
  ['EADDRNOTAVAIL', 'unreachable'],
  ['EACCES', 'unreachable'],
  ['EPERM', 'unreachable'],
  ['EMFILE', 'limit'],
  ['ENFILE', 'limit'],
  ['ENOBUFS', 'limit'],
  ['EPROTO', 'tls'],
]);

/** OpenSSL's verification results, as Node names them. */
const certificate =
  /^(?:CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|INVALID_(?:CA|PURPOSE)|PATH_LENGTH|HOSTNAME_MISMATCH|ERR_TLS_CERT|ERROR_IN_CERT|CRL_)/;

export function classify(error: unknown): FailureReason {
  if (error instanceof NetworkFailure) return error.reason;
  const code = Object(error) as { code?: unknown };
  if (typeof code.code !== 'string') return 'other';
  const known = fromSystem.get(code.code);
  if (known !== undefined) return known;
  if (certificate.test(code.code)) return 'tls-certificate';
  if (/^ERR_SSL_.*ALERT/.test(code.code)) return 'tls-alert';
  return /^ERR_(?:SSL|TLS)/.test(code.code) ? 'tls' : 'other';
}

/** wasi:sockets@0.2 `network.error-code`. */
const socketCodes: Readonly<Record<FailureReason, string>> = {
  denied: 'access-denied',
  prohibited: 'access-denied',
  malformed: 'invalid-argument',
  limit: 'new-socket-limit',
  bytes: 'connection-aborted',
  'name-not-found': 'name-unresolvable',
  'name-failed': 'temporary-resolver-failure',
  timeout: 'timeout',
  refused: 'connection-refused',
  unreachable: 'remote-unreachable',
  reset: 'connection-reset',
  closed: 'connection-aborted',
  'tls-certificate': 'unknown',
  'tls-alert': 'unknown',
  tls: 'unknown',
  other: 'unknown',
};

export function socketCode(error: unknown): string {
  return socketCodes[classify(error)];
}

/** wasi:http@0.2 `types.error-code`, before the head of a response. */
const httpCodes: Readonly<Record<FailureReason, string>> = {
  denied: 'HTTP-request-denied',
  prohibited: 'destination-IP-prohibited',
  malformed: 'HTTP-request-URI-invalid',
  limit: 'connection-limit-reached',
  bytes: 'connection-terminated',
  'name-not-found': 'destination-not-found',
  'name-failed': 'DNS-error',
  timeout: 'connection-timeout',
  refused: 'connection-refused',
  unreachable: 'destination-IP-unroutable',
  reset: 'connection-terminated',
  closed: 'connection-terminated',
  'tls-certificate': 'TLS-certificate-error',
  'tls-alert': 'TLS-alert-received',
  tls: 'TLS-protocol-error',
  other: 'internal-error',
};

export function httpCode(error: unknown): string {
  const { code } = Object(error) as { code?: unknown };
  if (code === 'HPE_HEADER_OVERFLOW') return 'HTTP-response-header-section-size';
  if (typeof code === 'string' && code.startsWith('HPE_')) return 'HTTP-protocol-error';
  return httpCodes[classify(error)];
}
