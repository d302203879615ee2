/** Files as streams (wasi:io/streams): each keeps its own position and its own hold on the file. */
import type { ReadAhead } from './filesystem-ahead.ts';
import type { Handle } from './filesystem-handle.ts';
import { offsetForRead, offsetForWrite } from './filesystem-values.ts';
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
  let at = start;
  const writeSome = (bytes: Uint8Array): number => {
    if (at === 'end') return session.ask('fs.append', [handle.number], bytes).value as number;
    const { value } = session.ask('fs.write', [handle.number, offsetForWrite(at)], bytes);
    at += BigInt(value as number);
    return value as number;
  };
  return {
    write(bytes) {
      let left = bytes;
      while (left.length > 0) {
        const count = writeSome(left);
        if (count === 0) throw 'insufficient-space';
        left = left.subarray(count);
      }
    },
    close: () => handle.release(),
  };
}
