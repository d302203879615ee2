// A small guest in AssemblyScript, without a runtime, so that what is measured is the host.
// Tools: "open" (open, read 4 KiB, close), "stream" (the same through a stream), "read" and "write" (1 MiB in
// pieces of 64 KiB), "list" (a directory). The parameters say how often: {"rounds":N}. The result is the list of
// nanoseconds of each round.
// Memory: 1024 results of imports, 4096 the answer's head, 65536 the answer, 1 MiB and up what imports return.

@external("wasi:filesystem/preopens@0.2.12", "get-directories")
declare function getDirectories(result: i32): void;
@external("wasi:filesystem/types@0.2.12", "[method]descriptor.open-at")
declare function openAt(self: i32, pathFlags: i32, path: usize, length: i32, openFlags: i32, flags: i32, result: i32): void;
@external("wasi:filesystem/types@0.2.12", "[method]descriptor.read")
declare function read(self: i32, length: i64, offset: i64, result: i32): void;
@external("wasi:filesystem/types@0.2.12", "[method]descriptor.read-via-stream")
declare function readViaStream(self: i32, offset: i64, result: i32): void;
@external("wasi:filesystem/types@0.2.12", "[method]descriptor.write-via-stream")
declare function writeViaStream(self: i32, offset: i64, result: i32): void;
@external("wasi:filesystem/types@0.2.12", "[method]descriptor.read-directory")
declare function readDirectory(self: i32, result: i32): void;
@external("wasi:filesystem/types@0.2.12", "[method]directory-entry-stream.read-directory-entry")
declare function readDirectoryEntry(self: i32, result: i32): void;
@external("wasi:filesystem/types@0.2.12", "[resource-drop]descriptor")
declare function dropDescriptor(self: i32): void;
@external("wasi:filesystem/types@0.2.12", "[resource-drop]directory-entry-stream")
declare function dropEntries(self: i32): void;
@external("wasi:io/streams@0.2.12", "[method]input-stream.blocking-read")
declare function blockingRead(self: i32, length: i64, result: i32): void;
@external("wasi:io/streams@0.2.12", "[method]output-stream.check-write")
declare function checkWrite(self: i32, result: i32): void;
@external("wasi:io/streams@0.2.12", "[method]output-stream.write")
declare function write(self: i32, bytes: usize, length: i32, result: i32): void;
@external("wasi:io/streams@0.2.12", "[method]output-stream.blocking-flush")
declare function blockingFlush(self: i32, result: i32): void;
@external("wasi:io/streams@0.2.12", "[resource-drop]input-stream")
declare function dropInput(self: i32): void;
@external("wasi:io/streams@0.2.12", "[resource-drop]output-stream")
declare function dropOutput(self: i32): void;
@external("wasi:clocks/monotonic-clock@0.2.12", "now")
declare function now(): i64;

const RESULT: i32 = 1024;
const HEAD: i32 = 4096;
const ANSWER: usize = 65536;
const SCRATCH: usize = 1048576;
const PIECE: i32 = 65536;
const PIECES: i32 = 16;

let heap: usize = SCRATCH;
let directory: i32 = -1;

export function realloc(old: usize, oldSize: usize, align: usize, size: usize): usize {
  const at = (heap + align - 1) & ~(align - 1);
  heap = at + size;
  memory.copy(at, old, oldSize);
  return at;
}

function check(): void {
  if (load<u8>(RESULT) != 0) unreachable();
}

function open(path: string, openFlags: i32, flags: i32): i32 {
  // Strings lie in memory as UTF-16; the names are ASCII.
  const at = heap;
  for (let i = 0; i < path.length; i++) store<u8>(at + i, <u8>path.charCodeAt(i));
  heap += path.length;
  openAt(directory, 1, at, path.length, openFlags, flags, RESULT);
  check();
  return load<i32>(RESULT + 4);
}

function openReadClose(): void {
  const file = open("file", 0, 1);
  read(file, 4096, 0, RESULT);
  check();
  if (load<i32>(RESULT + 8) != 4096) unreachable();
  dropDescriptor(file);
}

function openStreamClose(): void {
  const file = open("file", 0, 1);
  readViaStream(file, 0, RESULT);
  check();
  const stream = load<i32>(RESULT + 4);
  blockingRead(stream, 4096, RESULT);
  check();
  if (load<i32>(RESULT + 8) != 4096) unreachable();
  dropInput(stream);
  dropDescriptor(file);
}

function readAll(): void {
  const file = open("large", 0, 1);
  readViaStream(file, 0, RESULT);
  check();
  const stream = load<i32>(RESULT + 4);
  let left = PIECE * PIECES;
  while (left > 0) {
    heap = SCRATCH;
    blockingRead(stream, PIECE, RESULT);
    check();
    left -= load<i32>(RESULT + 8);
  }
  dropInput(stream);
  dropDescriptor(file);
}

function writeAll(): void {
  const file = open("written", 1, 2);
  writeViaStream(file, 0, RESULT);
  check();
  const stream = load<i32>(RESULT + 4);
  let left = PIECE * PIECES;
  while (left > 0) {
    checkWrite(stream, RESULT);
    check();
    const permit = load<i64>(RESULT + 8);
    let length = min(left, PIECE);
    if (permit == 0) {
      blockingFlush(stream, RESULT);
      check();
      continue;
    }
    if (permit < length) length = <i32>permit;
    write(stream, SCRATCH, length, RESULT);
    check();
    left -= length;
  }
  blockingFlush(stream, RESULT);
  check();
  dropOutput(stream);
  dropDescriptor(file);
}

function list(): void {
  const folder = open("entries", 2, 1);
  readDirectory(folder, RESULT);
  check();
  const entries = load<i32>(RESULT + 4);
  let count = 0;
  for (;;) {
    heap = SCRATCH;
    readDirectoryEntry(entries, RESULT);
    check();
    if (load<u8>(RESULT + 4) == 0) break;
    count++;
  }
  if (count != 10000) unreachable();
  dropEntries(entries);
  dropDescriptor(folder);
}

function digits(at: usize, value: i64): usize {
  if (value >= 10) at = digits(at, value / 10);
  store<u8>(at, <u8>(48 + value % 10));
  return at + 1;
}

export function invoke(name: usize, nameLength: i32, parameters: usize, parametersLength: i32): i32 {
  let rounds = 0;
  for (let i = 0; i < parametersLength; i++) {
    const byte = load<u8>(parameters + i);
    if (byte >= 48 && byte <= 57) rounds = rounds * 10 + (byte - 48);
  }
  const tool = load<u8>(name);
  if (directory < 0) {
    getDirectories(RESULT);
    directory = load<i32>(load<i32>(RESULT));
  }
  let at = ANSWER;
  store<u8>(at++, 91);
  for (let round = 0; round < rounds; round++) {
    heap = SCRATCH;
    const start = now();
    if (tool == 111) openReadClose();
    else if (tool == 115) openStreamClose();
    else if (tool == 114) readAll();
    else if (tool == 119) writeAll();
    else list();
    const end = now();
    if (round > 0) store<u8>(at++, 44);
    at = digits(at, end - start);
  }
  store<u8>(at++, 93);
  store<u8>(HEAD, 0);
  store<i32>(HEAD + 4, <i32>ANSWER);
  store<i32>(HEAD + 8, <i32>(at - ANSWER));
  return HEAD;
}

function text(at: usize, value: string): usize {
  for (let i = 0; i < value.length; i++) store<u8>(at + i, <u8>value.charCodeAt(i));
  return at + value.length;
}

/** Five tools: each a name, no description, the schema, no schema of the result. */
export function listTools(): i32 {
  const names = ["open", "stream", "read", "write", "list"];
  const schema = '{"type":"object"}';
  const tools = ANSWER + 64;
  let at: usize = ANSWER + 1024;
  for (let i = 0; i < 5; i++) {
    const record = tools + i * 40;
    memory.fill(record, 0, 40);
    store<i32>(record, <i32>at);
    store<i32>(record + 4, names[i].length);
    at = text(at, names[i]);
    store<i32>(record + 20, <i32>at);
    store<i32>(record + 24, schema.length);
    at = text(at, schema);
  }
  store<i32>(HEAD, <i32>tools);
  store<i32>(HEAD + 4, 5);
  return HEAD;
}
