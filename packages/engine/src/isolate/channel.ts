/** The isolate's end of the wire: blocking reads and writes on one inherited descriptor. */
import { Buffer } from 'node:buffer';
import { readSync, writevSync } from 'node:fs';
import { decodeBody, encodeHead, NO_BYTES, type Frame, FrameKind } from './wire.ts';

/** The inherited socket. 0–2 are the standard streams, of which only stderr is open, for last words. */
const WIRE_FD = 3;

function writeAll(parts: Uint8Array[]): void {
  let pending = parts;
  for (;;) {
    let written = writevSync(WIRE_FD, pending);
    const rest: Uint8Array[] = [];
    for (const part of pending) {
      if (written >= part.length) written -= part.length;
      else {
        rest.push(part.subarray(written));
        written = 0;
      }
    }
    if (rest.length === 0) return;
    pending = rest;
  }
}

export function send(kind: FrameKind, message: unknown, blob: Uint8Array = NO_BYTES): void {
  if (kind === FrameKind.ready) forget();
  const head = encodeHead(kind, JSON.stringify(message), blob.length);
  writeAll(blob.length === 0 ? [head] : [head, blob]);
}

/** What has arrived: grows to the largest frame so far, so that no frame costs an allocation. */
let buffer = Buffer.allocUnsafeSlow(128 * 1024);
let start = 0;
let end = 0;
/** Bytes from the beginning that were filled since the last `forget`. */
let used = 0;

/** Reads until `length` bytes lie at `start`; false when the supervisor is gone. */
function fill(length: number): boolean {
  if (start + length > buffer.length) {
    const room = length > buffer.length ? Buffer.allocUnsafeSlow(length) : buffer;
    buffer.copy(room, 0, start, end);
    buffer = room;
    end -= start;
    start = 0;
  }
  while (end - start < length) {
    const count = readSync(WIRE_FD, buffer, end, buffer.length - end, null);
    if (count === 0) return false;
    end += count;
    used = Math.max(used, end);
  }
  return true;
}

/** Between two invocations: wipes what has arrived, and takes it from whoever still has a view of it. */
function forget(): void {
  buffer.fill(0, 0, used);
  buffer = Buffer.from(buffer.buffer.transfer());
  start = end = used = 0;
}

/**
 * The next frame, or `undefined` when the supervisor is gone. Its blob is a view of the buffer, valid
 * until the next call: glue copies it into the guest's memory at once.
 */
export function receive(): Frame | undefined {
  if (start === end) start = end = 0;
  if (!fill(4)) return undefined;
  const length = buffer.readUInt32LE(start) + 4;
  if (!fill(length)) return undefined;
  const body = new Uint8Array(buffer.buffer, buffer.byteOffset + start + 4, length - 4);
  start += length;
  return decodeBody(body);
}
