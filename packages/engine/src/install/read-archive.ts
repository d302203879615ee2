/** Reads a package from a tarball (.tar, .tar.gz, .tgz) into memory; nothing is ever unpacked to disk. */
import { gunzipSync } from 'node:zlib';
import { Parser, type ReadEntry } from 'tar';
import { SkillError } from '../errors.ts';
import {
  FileGatherer,
  packageBounds,
  refused,
  tooMuch,
  type PackageFiles,
} from './package-files.ts';

/** Longest tarball as it is stored or sent. */
export const ARCHIVE_BYTES = 64 * 1024 * 1024;

/** The files, their headers, padding and extended headers. */
const UNPACKED_BYTES = packageBounds.bytes + packageBounds.files * 4096;

/** Headers of extended attributes: none that a package needs comes near. */
const META_BYTES = 64 * 1024;

const gzipMagic = [0x1f, 0x8b];

/**
 * Entries other than files and folders are refused: links, devices, FIFOs, sparse files. If everything lies in one
 * top folder without a manifest beside it, as `npm pack` and release archives have it, that folder is the package.
 *
 * @throws SkillError PACKAGE_INVALID
 */
export async function readArchive(archive: Uint8Array): Promise<PackageFiles> {
  const tar = unzip(archive);
  const gatherer = new FileGatherer();
  await parse(tar, (entry, bytes) => {
    const path = entry.path.replace(/^(?:\.\/)+/, '').replace(/\/$/, '');
    if (entry.type === 'Directory') {
      if (path !== '' && path !== '.') gatherer.check(path);
      return;
    }
    gatherer.add(path, bytes);
  });
  return stripped(gatherer.finish());
}

function unzip(archive: Uint8Array): Uint8Array {
  if (archive.length > ARCHIVE_BYTES)
    throw tooMuch(`more than ${ARCHIVE_BYTES} bytes as a tarball`);
  if (!startsWith(archive, gzipMagic)) return archive;
  try {
    return gunzipSync(archive, { maxOutputLength: UNPACKED_BYTES });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw tooMuch(`more than ${UNPACKED_BYTES} bytes when unpacked`);
    }
    throw damaged('its gzip stream is damaged', cause);
  }
}

function parse(
  tar: Uint8Array,
  take: (entry: ReadEntry, bytes: Uint8Array) => void,
): Promise<void> {
  // The parser would unpack what is packed again, without our bound.
  const isTar = Buffer.from(tar.subarray(257, 262)).toString('latin1') === 'ustar';
  if (!isTar || startsWith(tar, gzipMagic) || startsWith(tar, [0x28, 0xb5, 0x2f, 0xfd])) {
    throw damaged('it is no tar archive (POSIX ustar or pax, plain or with gzip)');
  }
  return new Promise((resolve, reject) => {
    let entries = 0;
    const parser = new Parser({
      strict: true,
      maxMetaEntrySize: META_BYTES,
      brotli: false,
      zstd: false,
    });
    const fail = (error: unknown): void =>
      reject(error instanceof SkillError ? error : damaged(messageOf(error), error));
    // Within the parser's turns: what is thrown there would be lost.
    const guarded = (work: () => void): void => {
      try {
        work();
      } catch (error) {
        fail(error);
      }
    };
    parser.on('error', fail);
    parser.on('ignoredEntry', (entry: ReadEntry) => {
      entry.resume();
      fail(refused(entry.path, `it is a ${entry.type}, not a file or folder`));
    });
    parser.on('entry', (entry: ReadEntry) => {
      entries += 1;
      if (entries > packageBounds.files * 2) fail(tooMuch('too many entries'));
      if (!['File', 'OldFile', 'Directory'].includes(entry.type)) {
        entry.resume();
        fail(refused(entry.path, `it is a ${entry.type}, not a file or folder`));
        return;
      }
      const chunks: Uint8Array[] = [];
      entry.on('data', (chunk: Uint8Array) => chunks.push(Uint8Array.from(chunk)));
      entry.on('end', () =>
        guarded(() => {
          const bytes = new Uint8Array(Buffer.concat(chunks));
          if (bytes.length !== entry.size) throw damaged(`${entry.path} is cut short`);
          take(entry, bytes);
        }),
      );
    });
    parser.on('end', () => resolve());
    parser.end(Buffer.from(tar.buffer, tar.byteOffset, tar.byteLength));
  });
}

const manifests = ['skill.toml', 'skills.toml', 'SKILL.md'];

function stripped(files: PackageFiles): PackageFiles {
  const [first] = files.keys();
  const top = first?.split('/')[0];
  if (top === undefined || manifests.some((name) => files.has(name))) return files;
  if (![...files.keys()].every((path) => path.startsWith(`${top}/`))) return files;
  return new Map([...files].map(([path, bytes]) => [path.slice(top.length + 1), bytes]));
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, index) => bytes[index] === byte);
}

function damaged(problem: string, cause?: unknown): SkillError {
  return new SkillError('PACKAGE_INVALID', `The tarball cannot be read: ${problem}.`, {
    details: { reason: problem },
    ...(cause === undefined ? {} : { cause }),
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
