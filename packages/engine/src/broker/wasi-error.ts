/** How the broker says no: an ordinary WASI failure, or a message that no honest isolate sends. */

/** The error codes of wasi:filesystem@0.2 `types.error-code`. */
const filesystemErrorCodes = [
  'access',
  'would-block',
  'already',
  'bad-descriptor',
  'busy',
  'deadlock',
  'quota',
  'exist',
  'file-too-large',
  'illegal-byte-sequence',
  'in-progress',
  'interrupted',
  'invalid',
  'io',
  'is-directory',
  'loop',
  'too-many-links',
  'message-size',
  'name-too-long',
  'no-device',
  'no-entry',
  'no-lock',
  'insufficient-memory',
  'insufficient-space',
  'not-directory',
  'not-empty',
  'not-recoverable',
  'unsupported',
  'no-tty',
  'no-such-device',
  'overflow',
  'not-permitted',
  'pipe',
  'read-only',
  'invalid-seek',
  'text-file-busy',
  'cross-device',
] as const;

export type FilesystemErrorCode = (typeof filesystemErrorCodes)[number];

const known: ReadonlySet<string> = new Set(filesystemErrorCodes);

export function isFilesystemErrorCode(code: string): code is FilesystemErrorCode {
  return known.has(code);
}

/**
 * An ordinary failure, with the error code of the WASI interface that was asked. Only `code` crosses to
 * the guest; it carries no host path, message or stack.
 */
export class WasiError extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** Ends a wasi:filesystem call. */
export function fail(code: FilesystemErrorCode): never {
  throw new WasiError(code);
}

/** The isolate sent what its own host code never sends: end it. */
export class ProtocolViolation extends Error {
  override readonly name = 'ProtocolViolation';
}

/**
 * Error codes of the operating system. Exhausted descriptors have no code of their own in WASI 0.2
 * and are reported like exhausted memory.
 */
const fromErrno = new Map<string, FilesystemErrorCode>([
  ['EACCES', 'access'],
  ['EAGAIN', 'would-block'],
  ['EALREADY', 'already'],
  ['EBADF', 'bad-descriptor'],
  ['EBUSY', 'busy'],
  ['EDEADLK', 'deadlock'],
  ['EDQUOT', 'quota'],
  ['EEXIST', 'exist'],
  ['EFBIG', 'file-too-large'],
  ['EILSEQ', 'illegal-byte-sequence'],
  ['EINTR', 'interrupted'],
  ['EINVAL', 'invalid'],
  ['EIO', 'io'],
  ['EISDIR', 'is-directory'],
  ['ELOOP', 'loop'],
  ['EMLINK', 'too-many-links'],
  ['EMFILE', 'insufficient-memory'],
  ['ENFILE', 'insufficient-memory'],
  ['ENAMETOOLONG', 'name-too-long'],
  ['ENODEV', 'no-device'],
  ['ENOENT', 'no-entry'],
  ['ENOLCK', 'no-lock'],
  ['ENOMEM', 'insufficient-memory'],
  ['ENOSPC', 'insufficient-space'],
  ['ENOTDIR', 'not-directory'],
  ['ENOTEMPTY', 'not-empty'],
  ['ENOTSUP', 'unsupported'],
  ['EOPNOTSUPP', 'unsupported'],
  ['ENOTTY', 'no-tty'],
  ['ENXIO', 'no-such-device'],
  ['EOVERFLOW', 'overflow'],
  ['EPERM', 'not-permitted'],
  ['EPIPE', 'pipe'],
  ['EROFS', 'read-only'],
  ['ESPIPE', 'invalid-seek'],
  ['ETXTBSY', 'text-file-busy'],
  ['EXDEV', 'cross-device'],
]);

/** The operating system's code of a thrown value, such as `ENOENT`. */
export function errnoOf(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}

/** What the guest learns of a failure of the host's file system: a code, `io` where none fits. */
export function toWasiError(thrown: unknown): WasiError | ProtocolViolation {
  if (thrown instanceof WasiError || thrown instanceof ProtocolViolation) return thrown;
  return new WasiError(fromErrno.get(errnoOf(thrown) ?? '') ?? 'io');
}
