/** Files over WASI. A path is beneath the granted directories (the first that has it is meant), or begins with the name of one. */
import { getDirectories } from 'wasi:filesystem/preopens@0.2.12';
import type {
  Descriptor,
  DescriptorFlags,
  Filesize,
  OpenFlags,
} from 'wasi:filesystem/types@0.2.12';
import { ToolError } from './errors.ts';
import { decodeUtf8, encodeUtf8, Utf8Decoder } from './utf8.ts';

/** How many bytes are read or written at once. */
const chunkSize = 65_536;

/** WIT's 64-bit integers are plain numbers in QuickJS, exact up to 2^53; other engines take big integers. */
const filesize = (value: number): Filesize => value as unknown as Filesize;

/** WASI's code of a failed call, such as `no-entry`; anything else is thrown on. */
function errorCode(thrown: unknown): string {
  const payload = (thrown as { payload?: unknown } | null)?.payload ?? thrown;
  if (typeof payload === 'string') return payload;
  throw thrown;
}

let known: [Descriptor, string][] | undefined;

/** The granted directories. Each asking would open them anew, so it is done once; an instance lives for one call. */
function directories(): readonly [Descriptor, string][] {
  known ??= getDirectories();
  return known;
}

/** Directory and the rest of the path in it, for each grant that may have the path. */
function candidates(path: string): [Descriptor, string][] {
  return directories().flatMap(([directory, name]): [Descriptor, string][] => {
    if (!path.startsWith('/')) return [[directory, path === '' ? '.' : path]];
    if (path === name) return [[directory, '.']];
    const prefix = name.endsWith('/') ? name : `${name}/`;
    return path.startsWith(prefix) ? [[directory, path.slice(prefix.length)]] : [];
  });
}

/** Uses the path in the first grant that has it. @throws ToolError with WASI's code */
function inGrant<T>(path: string, use: (directory: Descriptor, rest: string) => T): T {
  let code: string | undefined;
  for (const [directory, rest] of candidates(path)) {
    try {
      return use(directory, rest);
    } catch (thrown) {
      const found = errorCode(thrown);
      if (code === undefined || code === 'no-entry') code = found;
    }
  }
  const granted = code !== undefined;
  throw new ToolError(
    code ?? 'not-granted',
    granted ? `${path}: ${code}` : `${path} is beneath no granted directory`,
  );
}

function open(path: string, access: DescriptorFlags, flags: OpenFlags = {}): Descriptor {
  return inGrant(path, (directory, rest) =>
    directory.openAt({ symlinkFollow: true }, rest, flags, access),
  );
}

/** What a file or directory is. */
export interface FileInfo {
  /** What stands under the name. */
  readonly kind: 'file' | 'directory' | 'link' | 'other';
  /** Bytes. */
  readonly size: number;
}

const kinds: Readonly<Record<string, FileInfo['kind']>> = {
  'regular-file': 'file',
  directory: 'directory',
  'symbolic-link': 'link',
};

/** What is at the path, links not followed. @throws ToolError with WASI's code */
export function stat(path: string): FileInfo {
  const { type, size } = inGrant(path, (directory, rest) => directory.statAt({}, rest));
  return { kind: kinds[type] ?? 'other', size: Number(size) };
}

/** The bytes of a file, 64 KiB at a time. @throws ToolError with WASI's code: `no-entry`, `not-permitted`, … */
export function* readChunks(path: string): Generator<Uint8Array, void, undefined> {
  const file = open(path, { read: true });
  try {
    for (let offset = 0; ;) {
      const [bytes, end] = file.read(filesize(chunkSize), filesize(offset));
      if (bytes.length > 0) yield bytes;
      offset += bytes.length;
      if (end || bytes.length === 0) return;
    }
  } catch (thrown) {
    if (thrown instanceof ToolError) throw thrown;
    const code = errorCode(thrown);
    throw new ToolError(code, `${path}: ${code}`);
  } finally {
    file[Symbol.dispose]();
  }
}

/** All bytes of a file. @throws ToolError with WASI's code */
export function readBytes(path: string): Uint8Array {
  const chunks = [...readChunks(path)];
  if (chunks.length === 1) return chunks[0]!;
  const all = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

/** A file as text; U+FFFD stands for what isn't UTF-8. @throws ToolError with WASI's code */
export function readText(path: string): string {
  return decodeUtf8(readBytes(path));
}

/** The lines of a text file without their ends, read as they are asked for. @throws ToolError with WASI's code */
export function* readLines(path: string): Generator<string, void, undefined> {
  const decoder = new Utf8Decoder();
  let rest = '';
  for (const chunk of readChunks(path)) {
    const lines = (rest + decoder.decode(chunk)).split(/\r?\n/);
    rest = lines.pop() ?? '';
    yield* lines;
  }
  rest += decoder.finish();
  if (rest !== '') yield rest;
}

/** How a file is written. */
export interface WriteOptions {
  /** Replace a file that is there already; otherwise that is the error `exist`. Default true. */
  readonly overwrite?: boolean;
}

/** Writes a file, in a directory that is there. @throws ToolError with WASI's code: `read-only`, `no-entry`, `exist`, … */
export function writeFile(
  path: string,
  content: string | Uint8Array,
  options: WriteOptions = {},
): void {
  const bytes = typeof content === 'string' ? encodeUtf8(content) : content;
  const { overwrite = true } = options;
  const file = open(
    path,
    { write: true },
    { create: true, ...(overwrite ? { truncate: true } : { exclusive: true }) },
  );
  try {
    for (let offset = 0; offset < bytes.length;) {
      const written = Number(
        file.write(bytes.subarray(offset, offset + chunkSize), filesize(offset)),
      );
      if (written === 0) throw new ToolError('io', `${path} takes no more bytes`);
      offset += written;
    }
  } catch (thrown) {
    if (thrown instanceof ToolError) throw thrown;
    const code = errorCode(thrown);
    throw new ToolError(code, `${path}: ${code}`);
  } finally {
    file[Symbol.dispose]();
  }
}

/** Makes a directory and those that it lies in; one that is there already serves. @throws ToolError with WASI's code */
export function makeDirectory(path: string): void {
  inGrant(path, (directory, rest) => {
    const names = rest.split('/');
    for (let count = 1; count <= names.length; count++) {
      try {
        directory.createDirectoryAt(names.slice(0, count).join('/'));
      } catch (thrown) {
        if (errorCode(thrown) !== 'exist') throw thrown;
      }
    }
  });
}

/** The names in a directory, sorted; `''` and `'.'` are the first granted one. @throws ToolError with WASI's code */
export function listDirectory(path: string): { name: string; kind: FileInfo['kind'] }[] {
  const directory = open(path, { read: true }, { directory: true });
  const found: { name: string; kind: FileInfo['kind'] }[] = [];
  try {
    const entries = directory.readDirectory();
    try {
      for (let entry = entries.readDirectoryEntry(); entry; entry = entries.readDirectoryEntry()) {
        found.push({ name: entry.name, kind: kinds[entry.type] ?? 'other' });
      }
    } finally {
      entries[Symbol.dispose]();
    }
  } catch (thrown) {
    const code = errorCode(thrown);
    throw new ToolError(code, `${path}: ${code}`);
  } finally {
    directory[Symbol.dispose]();
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The names of the directories and files that this invocation was granted. */
export function grantedPaths(): string[] {
  return directories().map(([, name]) => name);
}
