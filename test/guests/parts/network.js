// Helpers that run in the probe, before the code of a test.
const pollOn = (pollable) => {
  pollable.block();
};

/** Sends one request; `{ status, headers, body }`, or throws the error code. */
function fetchOnce(request) {
  const { Fields, OutgoingRequest, OutgoingBody, IncomingBody, RequestOptions } = wasi.http.types;
  const fields = Fields.fromList(
    (request.headers ?? []).map(([name, value]) => [name, utf8.encode(value)]),
  );
  const outgoing = new OutgoingRequest(fields);
  if (request.method) outgoing.setMethod(request.method);
  if (request.scheme !== undefined) outgoing.setScheme(request.scheme);
  else outgoing.setScheme({ tag: 'HTTP' });
  if (request.authority !== undefined) outgoing.setAuthority(request.authority);
  if (request.path !== null) outgoing.setPathWithQuery(request.path ?? '/');
  let stream;
  let body;
  if (request.body !== undefined) {
    body = outgoing.body();
    stream = body.write();
  }
  let options;
  if (request.firstByteTimeout !== undefined) {
    options = new RequestOptions();
    options.setFirstByteTimeout(request.firstByteTimeout);
  }
  const future = wasi.http.outgoingHandler.handle(outgoing, options);
  if (stream) {
    const bytes = typeof request.body === 'string' ? utf8.encode(request.body) : request.body;
    for (let at = 0; at < bytes.length; at += 4096) {
      stream.blockingWriteAndFlush(bytes.subarray(at, at + 4096));
    }
    stream[Symbol.dispose]?.();
    OutgoingBody.finish(body, undefined);
  }
  pollOn(future.subscribe());
  const got = future.get();
  const inner = got.val;
  if (inner.tag === 'err') throw inner.val;
  const response = inner.val;
  const headers = response
    .headers()
    .entries()
    .map(([name, value]) => [name, utf8.decode(value)]);
  const incoming = response.consume();
  const input = incoming.stream();
  const chunks = [];
  for (;;) {
    try {
      chunks.push(input.blockingRead(65536));
    } catch (thrown) {
      const payload = thrown.payload ?? thrown;
      if (payload.tag === 'closed') break;
      throw wasi.http.types.httpErrorCode(payload.val) ?? payload;
    }
  }
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const text = length <= 65536 ? chunks.map((chunk) => utf8.decode(chunk)).join('') : null;
  return { status: response.status(), headers, body: text, length };
}

/** What a call throws, or what it returns. */
function attempt(action) {
  try {
    return { value: action() };
  } catch (thrown) {
    return {
      error:
        thrown instanceof Error ? ('payload' in thrown ? thrown.payload : String(thrown)) : thrown,
    };
  }
}

const ipv4 = (text, port) => ({
  tag: 'ipv4',
  val: { port, address: text.split('.').map(Number) },
});

/** Looks a name up; its addresses, or throws the error code. */
function lookUp(name) {
  const network = wasi.sockets.instanceNetwork.instanceNetwork();
  const stream = wasi.sockets.ipNameLookup.resolveAddresses(network, name);
  pollOn(stream.subscribe());
  const addresses = [];
  for (let next = stream.resolveNextAddress(); next; next = stream.resolveNextAddress()) {
    addresses.push(next.val.join('.'));
  }
  return addresses;
}

function connectTcp(address, port) {
  const network = wasi.sockets.instanceNetwork.instanceNetwork();
  const socket = wasi.sockets.tcpCreateSocket.createTcpSocket('ipv4');
  socket.startConnect(network, ipv4(address, port));
  pollOn(socket.subscribe());
  const [input, output] = socket.finishConnect();
  return { socket, input, output };
}
