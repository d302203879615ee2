/**
 * The isolate's end of the wire in a thread: the build puts this in the place of `channel.ts`. The frames are the
 * same; they come as messages of a port, and a counter that both sides share says when there is one to wait for.
 */
import { type MessagePort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type * as processChannel from './channel.ts';
import { decodeBody, encodeHead, NO_BYTES, type Frame, type FrameKind } from './wire.ts';

/** What the thread is started with. */
export interface ThreadWire {
  readonly port: MessagePort;
  /** One 32-bit counter: frames that were sent to the thread. */
  readonly sent: SharedArrayBuffer;
}

const LENGTH_BYTES = 4;

const { port, sent } = workerData as ThreadWire;
const counter = new Int32Array(sent);
const { load, wait } = Atomics;
const take = receiveMessageOnPort;
const post = port.postMessage.bind(port);

export const send: typeof processChannel.send = (kind: FrameKind, message, blob = NO_BYTES) => {
  const head = encodeHead(kind, JSON.stringify(message), blob.length);
  const frame = new Uint8Array(head.length + blob.length);
  frame.set(head);
  frame.set(blob, head.length);
  post(frame, [frame.buffer]);
};

/** The next frame. There is no end: a supervisor that goes ends this thread with it. */
export const receive: typeof processChannel.receive = (): Frame => {
  for (;;) {
    const seen = load(counter, 0);
    const received = take(port) as { message: Uint8Array } | undefined;
    if (received) return decodeBody(received.message.subarray(LENGTH_BYTES));
    wait(counter, 0, seen);
  }
};
