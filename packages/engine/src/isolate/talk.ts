/** The isolate's talks with the supervisor, over whatever channel: each happens as a whole or not at all. */
import { receive, send as sendFrame } from './channel.ts';
import { BLOB_BYTES, type Frame, type FrameKind, NO_BYTES, STACK_OVERFLOW_EXIT } from './wire.ts';

const exit = process.exit.bind(process);

let midway = false;

/**
 * A guest chooses how deep the stack is when it calls the host, and so whether and where that overflows. After
 * half a talk, every answer would be taken for that of the next question; so nothing is said any more.
 */
function whole<T>(talk: () => T): T {
  if (midway) return exit(STACK_OVERFLOW_EXIT);
  midway = true;
  const answer = talk();
  midway = false;
  return answer;
}

const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;
const slotOf = (name: string) =>
  Object.getOwnPropertyDescriptor(typedArray, name)!.get as () => unknown;
const slots = {
  buffer: slotOf('buffer'),
  byteOffset: slotOf('byteOffset'),
  byteLength: slotOf('byteLength'),
};

/** The same bytes as the engine sees them, whatever properties generated code has given to the object. */
function plainView(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(
    Reflect.apply(slots.buffer, bytes, []) as ArrayBuffer,
    Reflect.apply(slots.byteOffset, bytes, []) as number,
    Reflect.apply(slots.byteLength, bytes, []) as number,
  );
}

export function send(kind: FrameKind, message: unknown, blob: Uint8Array = NO_BYTES): void {
  const bytes = plainView(blob);
  whole(() => sendFrame(kind, message, bytes));
}

/** Sends bytes of any length as frames of at most `BLOB_BYTES`. */
export function sendChunks(kind: FrameKind, message: unknown, blob: Uint8Array): void {
  const bytes = plainView(blob);
  for (let at = 0; at < bytes.length; at += BLOB_BYTES) {
    send(kind, message, bytes.subarray(at, at + BLOB_BYTES));
  }
}

/** Sends a frame and waits for the next one; `undefined` when the supervisor is gone. */
export function exchange(
  kind: FrameKind,
  message: unknown,
  blob: Uint8Array = NO_BYTES,
): Frame | undefined {
  const bytes = plainView(blob);
  return whole(() => {
    sendFrame(kind, message, bytes);
    return receive();
  });
}
