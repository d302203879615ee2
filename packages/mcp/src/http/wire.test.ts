import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { send } from './wire.ts';

test('a client that reads nothing is waited for so long, and then its connection and what it asked for end', async () => {
  const { promise: cancelled, resolve: cancel } = Promise.withResolvers<number>();
  let sent = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += 65_536;
      controller.enqueue(new Uint8Array(65_536));
    },
    cancel: () => cancel(sent),
  });
  await using server = createServer((_request, response) => {
    void send(new Response(endless), response, 200);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  // No more than what the system takes for a reader.
  expect(await cancelled).toBeLessThan(64 * 1024 * 1024);
  socket.destroy();
});
