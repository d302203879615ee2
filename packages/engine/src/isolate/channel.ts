/** The isolate's end of the wire: blocking reads and writes on one inherited descriptor. */
import { Buffer } from 'node:buffer';
import { readSync, writevSync } from 'node:fs';
import {
  BLOB_BYTES,
  decodeBody,
  encodeHead,
  NO_BYTES,
  type Frame,
  type FrameKind,
} from './wire.ts';

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
  const head = encodeHead(kind, JSON.stringify(message), blob.length);
  writeAll(blob.length === 0 ? [head] : [head, blob]);
}

/** Sends bytes of any length as frames of at most `BLOB_BYTES`. */
export function sendChunks(kind: FrameKind, message: unknown, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += BLOB_BYTES) {
    send(kind, message, bytes.subarray(at, at + BLOB_BYTES));
  }
}

function readExactly(length: number): Uint8Array | undefined {
  const bytes = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  while (filled < length) {
    const count = readSync(WIRE_FD, bytes, filled, length - filled, null);
    if (count === 0) return undefined;
    filled += count;
  }
  return bytes;
}

const small = Buffer.allocUnsafeSlow(64 * 1024);
const smallView = new DataView(small.buffer, small.byteOffset, small.byteLength);
let buffered = 0;

/**
 * The next frame, or `undefined` when the supervisor is gone. The frame's blob is only valid until
 * the next call. Most frames arrive whole in one read.
 */
export function receive(): Frame | undefined {
  while (buffered < 4) {
    const count = readSync(WIRE_FD, small, buffered, small.length - buffered, null);
    if (count === 0) return undefined;
    buffered += count;
  }
  const length = smallView.getUint32(0, true);
  if (length + 4 <= small.length) {
    while (buffered < length + 4) {
      const count = readSync(WIRE_FD, small, buffered, small.length - buffered, null);
      if (count === 0) return undefined;
      buffered += count;
    }
    const body = Uint8Array.prototype.slice.call(small, 4, length + 4);
    small.copyWithin(0, length + 4, buffered);
    buffered -= length + 4;
    return decodeBody(body);
  }
  const start = Uint8Array.prototype.slice.call(small, 4, buffered);
  buffered = 0;
  const rest = readExactly(length - start.length);
  if (rest === undefined) return undefined;
  const body = new Uint8Array(length);
  body.set(start);
  body.set(rest, start.length);
  return decodeBody(body);
}
