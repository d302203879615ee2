import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { SkillError } from '../errors.ts';
import { defaultBounds } from './bounds.ts';
import { sha256Hex } from './digest.ts';

export interface ReadOptions {
  /** The pin: 64 hexadecimal digits. Another digest refuses the file. */
  readonly sha256?: string | undefined;
  /** Bytes. Default 64 MiB. */
  readonly maxBytes?: number | undefined;
}

export interface ComponentFile {
  readonly bytes: Uint8Array;
  /** Of these very bytes, lower-case hex. */
  readonly sha256: string;
}

/**
 * Reads a component's file, once: what is checked is what was read. A FIFO or device does not block, a file that
 * grows while it is read is refused, and a huge one is refused before a byte of it is read.
 *
 * @throws SkillError `COMPONENT_NOT_FOUND`, `COMPONENT_TOO_LARGE`, `COMPONENT_DIGEST_MISMATCH`
 */
export async function readComponent(
  path: string,
  options: ReadOptions = {},
): Promise<ComponentFile> {
  const maxBytes = options.maxBytes ?? defaultBounds.bytes;
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    throw notFound(path, reasonOf(cause), cause);
  }
  try {
    const stats = await file.stat();
    const bytes = await readWhole(file, stats, path, maxBytes).catch((cause: unknown) => {
      throw cause instanceof SkillError ? cause : notFound(path, reasonOf(cause), cause);
    });
    return await checkDigest(bytes, options.sha256);
  } finally {
    await file.close();
  }
}

/** Holds bytes against their pin. */
export async function checkDigest(
  bytes: Uint8Array,
  pin: string | undefined,
): Promise<ComponentFile> {
  const sha256 = await sha256Hex(bytes);
  if (pin !== undefined && pin.toLowerCase() !== sha256) {
    throw new SkillError(
      'COMPONENT_DIGEST_MISMATCH',
      `The component is not the one that is pinned: its SHA-256 is ${sha256}, the pin says ${pin}. ` +
        'If the new component is meant, put its digest into the manifest (sha256 = "…").',
      { details: { found: sha256, expected: pin } },
    );
  }
  return { bytes, sha256 };
}

async function readWhole(
  file: FileHandle,
  stats: Stats,
  path: string,
  maxBytes: number,
): Promise<Uint8Array> {
  if (!stats.isFile()) {
    throw notFound(path, stats.isDirectory() ? 'it is a directory' : 'it is not a regular file');
  }
  if (stats.size > maxBytes) throw tooLarge(path, stats.size, maxBytes);
  // One byte more than announced, so that growth shows.
  const buffer = new Uint8Array(stats.size + 1);
  let at = 0;
  while (at < buffer.byteLength) {
    const { bytesRead } = await file.read(buffer, at, buffer.byteLength - at, at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  if (at > stats.size) throw notFound(path, 'it changed while it was read; try again');
  return buffer.subarray(0, at);
}

function tooLarge(path: string, found: number, allowed: number): SkillError {
  return new SkillError(
    'COMPONENT_TOO_LARGE',
    `The component ${path} has ${found} bytes, ${allowed} are allowed. Build it smaller, for instance without debug information.`,
    { details: { path, bound: 'bytes', found, allowed } },
  );
}

function notFound(path: string, reason: string, cause?: unknown): SkillError {
  const details = { path, reason };
  return new SkillError(
    'COMPONENT_NOT_FOUND',
    `The component ${path} cannot be read: ${reason}. Check the path in the manifest (component = "…"); \`skill build\` makes it from sources.`,
    cause === undefined ? { details } : { details, cause },
  );
}

function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'there is no such file';
  if (code === 'EACCES' || code === 'EPERM') return 'permission is denied';
  if (code === 'ENXIO') return 'it is not a regular file';
  return cause instanceof Error ? cause.message : String(cause);
}
