// The few functions of WASI 0.2 that this program calls, as the canonical ABI lowers them: a result
// that doesn't fit in a register is written at an address that the caller passes last.

@external("wasi:cli/environment@0.2.12", "get-arguments")
declare function getArguments(result: usize): void;
@external("wasi:cli/stdin@0.2.12", "get-stdin")
declare function getStdin(): i32;
@external("wasi:cli/stdout@0.2.12", "get-stdout")
declare function getStdout(): i32;
@external("wasi:cli/stderr@0.2.12", "get-stderr")
declare function getStderr(): i32;
@external("wasi:io/streams@0.2.12", "[method]input-stream.blocking-read")
declare function blockingRead(stream: i32, length: u64, result: usize): void;
@external("wasi:io/streams@0.2.12", "[method]output-stream.blocking-write-and-flush")
declare function blockingWriteAndFlush(stream: i32, from: usize, length: usize, result: usize): void;
@external("wasi:io/streams@0.2.12", "[resource-drop]input-stream")
declare function dropInputStream(stream: i32): void;
@external("wasi:io/streams@0.2.12", "[resource-drop]output-stream")
declare function dropOutputStream(stream: i32): void;
@external("wasi:io/error@0.2.12", "[resource-drop]error")
declare function dropError(error: i32): void;
@external("wasi:filesystem/preopens@0.2.12", "get-directories")
declare function getDirectories(result: usize): void;
@external("wasi:filesystem/types@0.2.12", "[method]descriptor.open-at")
declare function openAt(directory: i32, follow: i32, path: usize, length: usize, open: i32, access: i32, result: usize): void;
@external("wasi:filesystem/types@0.2.12", "[method]descriptor.get-type")
declare function getType(descriptor: i32, result: usize): void;
@external("wasi:filesystem/types@0.2.12", "[method]descriptor.read")
declare function read(descriptor: i32, length: u64, offset: u64, result: usize): void;
@external("wasi:filesystem/types@0.2.12", "[resource-drop]descriptor")
declare function dropDescriptor(descriptor: i32): void;

/** Where results are written. */
const result = memory.data(64, 8);

/** Pieces are read and written in this size; streams take no larger ones at once. */
const pieceSize = 4096;
const chunkSize = 65536;

/** The allocator that the host uses for what it hands over. Freed by whoever receives it. */
export function cabi_realloc(old: usize, oldSize: usize, align: usize, size: usize): usize {
  return old == 0 ? heap.alloc(size) : heap.realloc(old, size);
}

/** A text that the host handed over, which is freed. */
function take(at: usize): string {
  const from = load<usize>(at);
  const text = String.UTF8.decodeUnsafe(from, load<usize>(at + 4));
  heap.free(from);
  return text;
}

/** The arguments of the program. */
export function programArguments(): string[] {
  getArguments(result);
  const list = load<usize>(result);
  const texts = new Array<string>(load<i32>(result + 4));
  for (let index = 0; index < texts.length; index++) texts[index] = take(list + (index << 3));
  heap.free(list);
  return texts;
}

/** A granted directory. */
export class Grant {
  descriptor: i32 = 0;
  name: string = '';
}

export function grants(): Grant[] {
  getDirectories(result);
  const list = load<usize>(result);
  const found = new Array<Grant>(load<i32>(result + 4));
  for (let index = 0; index < found.length; index++) {
    const at = list + <usize>index * 12;
    const grant = new Grant();
    grant.descriptor = load<i32>(at);
    grant.name = take(at + 4);
    found[index] = grant;
  }
  heap.free(list);
  return found;
}

const names: string[] = [
  'access', 'would-block', 'already', 'bad-descriptor', 'busy', 'deadlock', 'quota', 'exist',
  'file-too-large', 'illegal-byte-sequence', 'in-progress', 'interrupted', 'invalid', 'io',
  'is-directory', 'loop', 'too-many-links', 'message-size', 'name-too-long', 'no-device', 'no-entry',
  'no-lock', 'insufficient-memory', 'insufficient-space', 'not-directory', 'not-empty',
  'not-recoverable', 'unsupported', 'no-tty', 'no-such-device', 'overflow', 'not-permitted', 'pipe',
  'read-only', 'invalid-seek', 'text-file-busy', 'cross-device',
];

/** Why the last call failed, as one of WASI's error codes; empty when it didn't. */
export let failure: string = '';

function noteFailure(code: i32): void {
  failure = code < names.length ? names[code] : 'unknown';
}

/** Opens a file beneath `directory` for reading. Returns -1 and sets {@link failure} if it can't. */
export function openFile(directory: i32, path: string): i32 {
  failure = '';
  const bytes = String.UTF8.encode(path);
  openAt(directory, 1, changetype<usize>(bytes), bytes.byteLength, 0, 1, result);
  if (load<u8>(result) != 0) {
    noteFailure(load<u8>(result + 4));
    return -1;
  }
  const descriptor = load<i32>(result + 4);
  if (isDirectory(descriptor)) {
    dropDescriptor(descriptor);
    failure = 'is-directory';
    return -1;
  }
  return descriptor;
}

function isDirectory(descriptor: i32): bool {
  getType(descriptor, result);
  return load<u8>(result) == 0 && load<u8>(result + 1) == 3;
}

export function close(descriptor: i32): void {
  dropDescriptor(descriptor);
}

/** Bytes that the host handed over. */
export class Piece {
  from: usize = 0;
  length: usize = 0;
  /** Nothing comes after this. */
  last: bool = true;

  free(): void {
    if (this.from != 0) heap.free(this.from);
    this.from = 0;
  }
}

/** The next bytes of a file. An empty last piece with {@link failure} set if it can't be read. */
export function readFile(descriptor: i32, offset: u64, piece: Piece): void {
  failure = '';
  read(descriptor, chunkSize, offset, result);
  piece.from = 0;
  piece.length = 0;
  piece.last = true;
  if (load<u8>(result) != 0) {
    noteFailure(load<u8>(result + 4));
    return;
  }
  piece.from = load<usize>(result + 4);
  piece.length = load<usize>(result + 8);
  piece.last = load<u8>(result + 12) != 0 || piece.length == 0;
}

/** A stream's error, let go of: 0 is last-operation-failed, which carries one. */
function streamFailed(): bool {
  if (load<u8>(result + 4) != 0) return false;
  dropError(load<i32>(result + 8));
  failure = 'io';
  return true;
}

export class Input {
  private readonly stream: i32 = getStdin();

  /** The next bytes of standard input. */
  read(piece: Piece): void {
    failure = '';
    blockingRead(this.stream, chunkSize, result);
    piece.from = 0;
    piece.length = 0;
    piece.last = load<u8>(result) != 0;
    if (piece.last) {
      streamFailed();
      return;
    }
    piece.from = load<usize>(result + 4);
    piece.length = load<usize>(result + 8);
  }

  close(): void {
    dropInputStream(this.stream);
  }
}

export class Output {
  private readonly stream: i32;

  constructor(error: bool) {
    this.stream = error ? getStderr() : getStdout();
  }

  /** Writes a line. Returns false when the stream takes no more. */
  line(text: string): bool {
    const bytes = String.UTF8.encode(text + '\n');
    const from = changetype<usize>(bytes);
    for (let at = 0; at < bytes.byteLength; at += pieceSize) {
      const length = min(pieceSize, bytes.byteLength - at);
      blockingWriteAndFlush(this.stream, from + at, length, result);
      if (load<u8>(result) != 0) {
        streamFailed();
        return false;
      }
    }
    return true;
  }

  close(): void {
    dropOutputStream(this.stream);
  }
}
