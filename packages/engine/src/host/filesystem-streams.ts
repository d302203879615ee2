/** Files as streams (wasi:io/streams): each keeps its own position and its own hold on the file. */
import type { ReadAhead } from './filesystem-ahead.ts';
import type { Handle } from './filesystem-handle.ts';
import { offsetForRead } from './filesystem-values.ts';
import { WriteBehind } from './filesystem-behind.ts';
import { CLOSED, type ByteSink, type ByteSource } from './io.ts';
import type { HostSession } from './session.ts';

export interface OpenFile {
  readonly session: HostSession;
  readonly ahead: ReadAhead;
  readonly handle: Handle;
}

const NOTHING = new Uint8Array(0);

export function fileSource({ ahead, handle }: OpenFile, start: bigint): ByteSource {
  handle.hold();
  let at = start;
  return {
    read(length) {
      if (length === 0) return NOTHING;
      const { bytes } = ahead.read(handle.number, length, offsetForRead(at));
      if (bytes.length === 0) throw CLOSED;
      at += BigInt(bytes.length);
      return bytes;
    },
    close: () => handle.release(),
  };
}

export function fileSink({ session, handle }: OpenFile, start: bigint | 'end'): ByteSink {
  handle.hold();
  const behind = new WriteBehind(session, handle.number, start);
  return {
    permit: () => behind.permit(),
    write: (bytes) => behind.write(bytes),
    flush: () => behind.flush(),
    close: () => handle.release(),
  };
}
