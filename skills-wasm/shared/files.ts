import { getDirectories } from 'wasi:filesystem/preopens@0.2.12';
import type {
  Descriptor,
  DescriptorFlags,
  DirectoryEntry,
  Filesize,
  OpenFlags,
} from 'wasi:filesystem/types@0.2.12';

/** How many bytes are read or written at once. */
const chunkSize = 65_536;

/** WIT's 64-bit integers are plain numbers in this engine, exact up to 2^53. */
const filesize = (value: number): Filesize => value as unknown as Filesize;

/** The WASI error code, such as `no-entry`, that a call threw. Anything else is thrown on. */
export function errorCode(thrown: unknown): string {
  const payload = (thrown as { payload?: unknown } | null)?.payload;
  if (typeof payload === 'string') return payload;
  throw thrown;
}

/** Runs `use` with a descriptor, and closes it whatever happens. */
export function withFile<T>(descriptor: Descriptor, use: (descriptor: Descriptor) => T): T {
  try {
    return use(descriptor);
  } finally {
    descriptor[Symbol.dispose]();
  }
}

/** The directories that this invocation was granted, with their names. */
export function grants(): [Descriptor, string][] {
  return getDirectories();
}

/** Opens `path` beneath `directory`; a symbolic link as its last name is not followed. */
export function open(
  directory: Descriptor,
  path: string,
  access: DescriptorFlags,
  flags: OpenFlags = {},
): Descriptor {
  return directory.openAt({}, path, flags, access);
}

/** The bytes of a file, piece by piece. */
export function* chunks(file: Descriptor): Generator<Uint8Array> {
  for (let offset = 0; ;) {
    const [bytes, end] = file.read(filesize(chunkSize), filesize(offset));
    if (bytes.length > 0) yield bytes;
    offset += bytes.length;
    if (end || bytes.length === 0) return;
  }
}

/** Writes all of `bytes` from the start of a file. */
export function write(file: Descriptor, bytes: Uint8Array): void {
  for (let offset = 0; offset < bytes.length;) {
    const piece = bytes.subarray(offset, offset + chunkSize);
    const written = Number(file.write(piece, filesize(offset)));
    if (written === 0) throw new Error('the file takes no more bytes');
    offset += written;
  }
}

/** Up to `limit` entries of a directory, by name. */
export function entries(directory: Descriptor, limit: number): DirectoryEntry[] {
  const stream = directory.readDirectory();
  try {
    const found: DirectoryEntry[] = [];
    while (found.length < limit) {
      const entry = stream.readDirectoryEntry();
      if (!entry) break;
      found.push(entry);
    }
    return found.sort((a, b) => (a.name < b.name ? -1 : 1));
  } finally {
    stream[Symbol.dispose]();
  }
}
