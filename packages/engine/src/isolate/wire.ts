/**
 * The wire between the supervisor (powerful) and one isolate (powerless): frames over one socketpair.
 *
 * A frame is `u32 length | u8 kind | u32 jsonLength | json | blob`, little-endian; `length` counts
 * everything behind itself. The isolate is not trusted: frames that come from it are bounded by
 * `ISOLATE_FRAME_BYTES`, their kind must fit the state of the conversation, and their JSON is
 * checked field by field where it is used.
 */

export const FrameKind = {
  // supervisor → isolate
  load: 1,
  invoke: 2,
  reply: 3,
  // isolate → supervisor
  ready: 16,
  request: 17,
  output: 18,
  resultPart: 19,
  result: 20,
} as const;

export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

/** Bytes before the JSON: length, kind, JSON length. */
export const HEADER_BYTES = 9;

/** Largest blob in one frame; bigger data goes in several (a 64 MiB frame delayed neighbours by 66–102 ms). */
export const BLOB_BYTES = 1024 * 1024;

/** Largest frame that an isolate may send: a full blob and 64 KiB of JSON. */
export const ISOLATE_FRAME_BYTES = BLOB_BYTES + 64 * 1024;

/** Exit code of an isolate whose stack overflowed in the middle of a frame. */
export const STACK_OVERFLOW_EXIT = 86;

export interface Frame {
  readonly kind: number;
  readonly json: string;
  readonly blob: Uint8Array;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

export const NO_BYTES = new Uint8Array(0);

/** The frame's header and JSON; the blob is written behind it, uncopied. */
export function encodeHead(kind: FrameKind, json: string, blobLength: number): Uint8Array {
  const text = encoder.encode(json);
  const head = new Uint8Array(HEADER_BYTES + text.length);
  const view = new DataView(head.buffer);
  view.setUint32(0, HEADER_BYTES - 4 + text.length + blobLength, true);
  head[4] = kind;
  view.setUint32(5, text.length, true);
  head.set(text, HEADER_BYTES);
  return head;
}

/** Splits a frame body (everything behind the length); throws on a malformed one. */
export function decodeBody(body: Uint8Array): Frame {
  if (body.length < HEADER_BYTES - 4) throw new RangeError('frame shorter than its header');
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const jsonLength = view.getUint32(1, true);
  const jsonEnd = 5 + jsonLength;
  if (jsonEnd > body.length) throw new RangeError('frame JSON longer than the frame');
  return {
    kind: view.getUint8(0),
    json: decoder.decode(body.subarray(5, jsonEnd)),
    blob: body.subarray(jsonEnd),
  };
}
