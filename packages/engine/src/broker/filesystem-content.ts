/** What is in a file: `read`, `write`, appending, `set-size`, `sync`. */
import {
  constants,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  readSync,
  writeSync,
} from 'node:fs';
import type { Arguments } from './filesystem-arguments.ts';
import type { OpenFile } from './filesystem-handles.ts';
import { reopen } from './filesystem-linux.ts';
import type { FilesystemSession } from './filesystem-session.ts';
import { fail } from './wasi-error.ts';

export interface Reply {
  readonly value: unknown;
  /** Valid until the next request of the same invocation. */
  readonly bytes?: Uint8Array;
}

/** Arguments: file, length, offset. Answers whether the end was reached, and the bytes. */
export function read(session: FilesystemSession, args: Arguments): Reply {
  const handle = args.handle();
  const length = Math.min(args.integer(), session.limits.readBytes);
  const offset = args.integer();
  args.end();
  const { file, read: readable } = session.file(handle);
  if (!readable) fail('bad-descriptor');
  if (length === 0) return { value: false };
  const buffer = session.buffer(length);
  const count = readSync(file, buffer, 0, length, offset);
  return { value: count < length, bytes: buffer.subarray(0, count) };
}

/** Arguments: file, offset. Answers the bytes written: all, unless the host's disk is full. */
export function write(session: FilesystemSession, args: Arguments): number {
  const handle = args.handle();
  const offset = args.integer();
  const bytes = args.bytes();
  args.end();
  session.access = 'write';
  const open = writable(session, handle);
  if (bytes.length === 0) return 0;
  if (!Number.isSafeInteger(offset + bytes.length)) fail('file-too-large');
  session.spendDisk(Math.max(0, offset - sizeOf(open)) + bytes.length);
  return writeSync(open.file, bytes, 0, bytes.length, offset);
}

/** Arguments: file. Answers the bytes appended. */
export function append(session: FilesystemSession, args: Arguments): number {
  const handle = args.handle();
  const bytes = args.bytes();
  args.end();
  session.access = 'write';
  const open = writable(session, handle);
  if (bytes.length === 0) return 0;
  session.spendDisk(bytes.length);
  if (session.walkKind === 'checked') {
    return writeSync(open.file, bytes, 0, bytes.length, sizeOf(open));
  }
  open.appending ??= reopen(open.file, constants.O_WRONLY | constants.O_APPEND | open.syncFlags);
  return writeSync(open.appending, bytes, 0, bytes.length, null);
}

/** Arguments: file, size. */
export function setSize(session: FilesystemSession, args: Arguments): null {
  const handle = args.handle();
  const size = args.integer();
  args.end();
  session.access = 'write';
  const open = writable(session, handle);
  session.spendDisk(Math.max(0, size - sizeOf(open)));
  ftruncateSync(open.file, size);
  return null;
}

/** Arguments: descriptor, data only. Directories of a read-write grant may be synced too: it makes renames durable. */
export function sync(session: FilesystemSession, args: Arguments): null {
  const handle = args.handle();
  const dataOnly = args.boolean();
  args.end();
  session.access = 'write';
  const object = session.descriptor(handle);
  if (object.kind === 'file') {
    const { file, write: writes } = object;
    if (!writes) return fail('bad-descriptor');
    (dataOnly ? fdatasyncSync : fsyncSync)(file);
    return null;
  }
  session.requireWritable(object.place, object.place.grant, object.place.path);
  session.syncDirectory(object.place.directory);
  return null;
}

function writable(session: FilesystemSession, handle: number): OpenFile {
  const open = session.file(handle);
  if (open.grant.access !== 'read-write') session.refuseReadOnly(open.path);
  return open.write ? open : fail('bad-descriptor');
}

function sizeOf({ file }: OpenFile): number {
  return Number(fstatSync(file, { bigint: true }).size);
}
