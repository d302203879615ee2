// A small guest in AssemblyScript, without a runtime, so that what is measured is the host.
// Its tool sends GET requests to 127.0.0.1, one after the other, and reads each response: {"rounds":N,"port":P}.
// The result is the list of nanoseconds of each round.
// Memory: 1024 results of imports, 4096 the answer's head, 65536 the answer, 1 MiB and up what imports return.

@external("wasi:http/types@0.2.12", "[constructor]fields")
declare function newFields(): i32;
@external("wasi:http/types@0.2.12", "[constructor]outgoing-request")
declare function newRequest(fields: i32): i32;
@external("wasi:http/types@0.2.12", "[method]outgoing-request.set-scheme")
declare function setScheme(self: i32, some: i32, scheme: i32, other: i32, length: i32): i32;
@external("wasi:http/types@0.2.12", "[method]outgoing-request.set-authority")
declare function setAuthority(self: i32, some: i32, text: usize, length: i32): i32;
@external("wasi:http/types@0.2.12", "[method]outgoing-request.set-path-with-query")
declare function setPath(self: i32, some: i32, text: usize, length: i32): i32;
@external("wasi:http/outgoing-handler@0.2.12", "handle")
declare function handle(request: i32, some: i32, options: i32, result: i32): void;
@external("wasi:http/types@0.2.12", "[method]future-incoming-response.subscribe")
declare function subscribe(self: i32): i32;
@external("wasi:http/types@0.2.12", "[method]future-incoming-response.get")
declare function get(self: i32, result: i32): void;
@external("wasi:http/types@0.2.12", "[method]incoming-response.status")
declare function status(self: i32): i32;
@external("wasi:http/types@0.2.12", "[method]incoming-response.consume")
declare function consume(self: i32, result: i32): void;
@external("wasi:http/types@0.2.12", "[method]incoming-body.stream")
declare function stream(self: i32, result: i32): void;
@external("wasi:io/poll@0.2.12", "[method]pollable.block")
declare function block(self: i32): void;
@external("wasi:io/streams@0.2.12", "[method]input-stream.blocking-read")
declare function blockingRead(self: i32, length: i64, result: i32): void;
@external("wasi:io/poll@0.2.12", "[resource-drop]pollable")
declare function dropPollable(self: i32): void;
@external("wasi:io/streams@0.2.12", "[resource-drop]input-stream")
declare function dropInput(self: i32): void;
@external("wasi:http/types@0.2.12", "[resource-drop]incoming-body")
declare function dropBody(self: i32): void;
@external("wasi:http/types@0.2.12", "[resource-drop]incoming-response")
declare function dropResponse(self: i32): void;
@external("wasi:http/types@0.2.12", "[resource-drop]future-incoming-response")
declare function dropFuture(self: i32): void;
@external("wasi:clocks/monotonic-clock@0.2.12", "now")
declare function now(): i64;

const RESULT: i32 = 1024;
const HEAD: i32 = 4096;
const ANSWER: usize = 65536;
const SCRATCH: usize = 1048576;

let heap: usize = SCRATCH;

export function realloc(old: usize, oldSize: usize, align: usize, size: usize): usize {
  const at = (heap + align - 1) & ~(align - 1);
  heap = at + size;
  memory.copy(at, old, oldSize);
  return at;
}

function check(): void {
  if (load<u8>(RESULT) != 0) unreachable();
}

function text(at: usize, value: string): usize {
  for (let i = 0; i < value.length; i++) store<u8>(at + i, <u8>value.charCodeAt(i));
  return at + value.length;
}

function digits(at: usize, value: i64): usize {
  if (value >= 10) at = digits(at, value / 10);
  store<u8>(at, <u8>(48 + value % 10));
  return at + 1;
}

function request(port: i64): void {
  const outgoing = newRequest(newFields());
  const start = heap;
  heap = digits(text(start, "127.0.0.1:"), port);
  if (setScheme(outgoing, 1, 0, 0, 0) + setAuthority(outgoing, 1, start, <i32>(heap - start)) != 0) unreachable();
  store<u8>(heap, 47);
  if (setPath(outgoing, 1, heap, 1) != 0) unreachable();
  handle(outgoing, 0, 0, RESULT);
  check();
  const future = load<i32>(RESULT + 8);
  const pollable = subscribe(future);
  block(pollable);
  dropPollable(pollable);
  get(future, RESULT);
  // Present, taken for the first time, and a response.
  if (load<u8>(RESULT) != 1 || load<u8>(RESULT + 8) != 0 || load<u8>(RESULT + 16) != 0) unreachable();
  const response = load<i32>(RESULT + 24);
  if (status(response) != 200) unreachable();
  consume(response, RESULT);
  check();
  const body = load<i32>(RESULT + 4);
  stream(body, RESULT);
  check();
  const input = load<i32>(RESULT + 4);
  let length = 0;
  for (;;) {
    heap = SCRATCH;
    blockingRead(input, 65536, RESULT);
    if (load<u8>(RESULT) != 0) break;
    length += load<i32>(RESULT + 8);
  }
  if (length != 1024) unreachable();
  dropInput(input);
  dropBody(body);
  dropResponse(response);
  dropFuture(future);
}

export function invoke(name: usize, nameLength: i32, parameters: usize, parametersLength: i32): i32 {
  let rounds: i64 = 0;
  let port: i64 = 0;
  let second = false;
  for (let i = 0; i < parametersLength; i++) {
    const byte = load<u8>(parameters + i);
    if (byte == 44) second = true;
    if (byte < 48 || byte > 57) continue;
    if (second) port = port * 10 + (byte - 48);
    else rounds = rounds * 10 + (byte - 48);
  }
  let at = ANSWER;
  store<u8>(at++, 91);
  for (let round: i64 = 0; round < rounds; round++) {
    heap = SCRATCH;
    const start = now();
    request(port);
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

/** One tool: a name, no description, the schema, no schema of the result. */
export function listTools(): i32 {
  const tool = ANSWER;
  memory.fill(tool, 0, 40);
  const name = ANSWER + 64;
  const schema = text(name, "get");
  const end = text(schema, '{"type":"object"}');
  store<i32>(tool, <i32>name);
  store<i32>(tool + 4, 3);
  store<i32>(tool + 20, <i32>schema);
  store<i32>(tool + 24, <i32>(end - schema));
  store<i32>(HEAD, <i32>tool);
  store<i32>(HEAD + 4, 1);
  return HEAD;
}
