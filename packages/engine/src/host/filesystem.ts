/** wasi:filesystem, the guest's side: thin classes around handles at the broker, which alone decides. */
import { isFilesystemErrorCode, type FilesystemErrorCode } from '../broker/wasi-error.ts';
import { BEGINNING_BYTES } from '../broker/filesystem-beginning-bytes.ts';
import { ReadAhead } from './filesystem-ahead.ts';
import { DirectoryEntryStream } from './filesystem-directory.ts';
import { DropQueue, Handle } from './filesystem-handle.ts';
import { fileSink, fileSource, type OpenFile } from './filesystem-streams.ts';
import {
  fromFlags,
  fromMetadataHash,
  fromStat,
  offsetForRead,
  offsetForWrite,
  toPath,
  toTime,
  toFlags,
  type Advice,
  type DescriptorFlags,
  type DescriptorStat,
  type DescriptorType,
  type MetadataHash,
  type NewTimestamp,
  type OpenFlags,
  type PathFlags,
} from './filesystem-values.ts';
import { InputStream, IoError, OutputStream, READ_BYTES, WRITE_BYTES } from './io.ts';
import type { HostSession } from './session.ts';

interface Owner {
  readonly session: HostSession;
  readonly drops: DropQueue;
  readonly ahead: ReadAhead;
}

/** A file or directory that the guest has open. */
export class Descriptor {
  readonly #owner: Owner;
  readonly #handle: Handle;
  readonly #type: DescriptorType;
  #flags: number | undefined;

  constructor(owner: Owner, handle: Handle, type: DescriptorType, flags: number | undefined) {
    this.#owner = owner;
    this.#handle = handle;
    this.#type = type;
    this.#flags = flags;
  }

  #ask(op: string, ...args: readonly unknown[]): unknown {
    return this.#owner.session.ask(`fs.${op}`, [this.#handle.number, ...args]).value;
  }

  #openFile(mode: 'read' | 'write'): OpenFile {
    this.#owner.session.enter();
    if (this.#type === 'directory') throw 'is-directory';
    if (!fromFlags(this.#flags ?? 0)[mode]) throw 'bad-descriptor';
    const { session, ahead } = this.#owner;
    return { session, ahead, handle: this.#handle };
  }

  readViaStream(offset: bigint): InputStream {
    return new InputStream(this.#owner.session, fileSource(this.#openFile('read'), offset));
  }

  writeViaStream(offset: bigint): OutputStream {
    return new OutputStream(this.#owner.session, fileSink(this.#openFile('write'), offset));
  }

  appendViaStream(): OutputStream {
    return new OutputStream(this.#owner.session, fileSink(this.#openFile('write'), 'end'));
  }

  /** Only advice: nothing is done with it. */
  advise(offset: bigint, length: bigint, _advice: Advice): void {
    this.#owner.session.enter();
    if (this.#type === 'directory') throw 'bad-descriptor';
    if (offset + length > 0xffff_ffff_ffff_ffffn) throw 'invalid';
  }

  syncData(): void {
    this.#ask('sync', true);
  }

  sync(): void {
    this.#ask('sync', false);
  }

  getFlags(): DescriptorFlags {
    this.#owner.session.enter();
    this.#flags ??= this.#ask('get-flags') as number;
    return fromFlags(this.#flags);
  }

  getType(): DescriptorType {
    this.#owner.session.enter();
    return this.#type;
  }

  setSize(size: bigint): void {
    this.#ask('set-size', offsetForWrite(size));
  }

  setTimes(accessed: NewTimestamp, modified: NewTimestamp): void {
    this.#ask('set-times', toTime(accessed), toTime(modified));
  }

  /** Answers at most 1 MiB, and whether the end was reached. */
  read(length: bigint, offset: bigint): [Uint8Array, boolean] {
    const bounded = length > BigInt(READ_BYTES) ? READ_BYTES : Number(length);
    const from = offsetForRead(offset);
    const { bytes, end } = this.#owner.ahead.read(this.#handle.number, bounded, from);
    return [bytes, end];
  }

  /** Writes at most 1 MiB; answers how much. */
  write(bytes: Uint8Array, offset: bigint): bigint {
    const part = bytes.length > WRITE_BYTES ? bytes.subarray(0, WRITE_BYTES) : bytes;
    const args = [this.#handle.number, offsetForWrite(offset)];
    return BigInt(this.#owner.session.ask('fs.write', args, part).value as number);
  }

  readDirectory(): DirectoryEntryStream {
    const { session, drops } = this.#owner;
    return DirectoryEntryStream.open(session, drops, this.#handle.number);
  }

  createDirectoryAt(path: string): void {
    this.#ask('create-directory-at', toPath(path));
  }

  stat(): DescriptorStat {
    return fromStat(this.#ask('stat'));
  }

  statAt(pathFlags: PathFlags, path: string): DescriptorStat {
    return fromStat(this.#ask('stat-at', pathFlags.symlinkFollow === true, toPath(path)));
  }

  setTimesAt(
    pathFlags: PathFlags,
    path: string,
    accessed: NewTimestamp,
    modified: NewTimestamp,
  ): void {
    const follow = pathFlags.symlinkFollow === true;
    this.#ask('set-times-at', follow, toPath(path), toTime(accessed), toTime(modified));
  }

  linkAt(oldFlags: PathFlags, oldPath: string, directory: Descriptor, newPath: string): void {
    const follow = oldFlags.symlinkFollow === true;
    this.#ask('link-at', follow, toPath(oldPath), directory.#handle.number, toPath(newPath));
  }

  openAt(pathFlags: PathFlags, path: string, open: OpenFlags, flags: DescriptorFlags): Descriptor {
    const { session, drops, ahead } = this.#owner;
    const { openBits, flagBits } = toFlags(open, flags);
    const follow = pathFlags.symlinkFollow === true;
    const args = [this.#handle.number, follow, toPath(path), openBits, flagBits, drops.take()];
    const { value, bytes } = session.askUncharged('fs.open-at', args);
    const [handle, type, bits, begins] = value as [number, DescriptorType, number, boolean];
    if (begins) ahead.keep(handle, bytes, bytes.length < BEGINNING_BYTES);
    return new Descriptor(this.#owner, new Handle(handle, drops), type, bits);
  }

  readlinkAt(path: string): string {
    return this.#ask('readlink-at', toPath(path)) as string;
  }

  removeDirectoryAt(path: string): void {
    this.#ask('remove-directory-at', toPath(path));
  }

  renameAt(oldPath: string, directory: Descriptor, newPath: string): void {
    this.#ask('rename-at', toPath(oldPath), directory.#handle.number, toPath(newPath));
  }

  symlinkAt(text: string, newPath: string): void {
    this.#ask('symlink-at', toPath(text), toPath(newPath));
  }

  unlinkFileAt(path: string): void {
    this.#ask('unlink-file-at', toPath(path));
  }

  isSameObject(other: Descriptor): boolean {
    return this.#ask('is-same-object', other.#handle.number) as boolean;
  }

  metadataHash(): MetadataHash {
    return fromMetadataHash(this.#ask('metadata-hash'));
  }

  metadataHashAt(pathFlags: PathFlags, path: string): MetadataHash {
    const follow = pathFlags.symlinkFollow === true;
    return fromMetadataHash(this.#ask('metadata-hash-at', follow, toPath(path)));
  }

  [Symbol.dispose](): void {
    this.#handle.release();
  }
}

/** The code of a stream's error when it came from a file; `undefined` for every other error. */
function filesystemErrorCode(error: IoError): FilesystemErrorCode | undefined {
  return isFilesystemErrorCode(error.code) ? error.code : undefined;
}

/** @param preopens Handle at the broker, and path, of each granted directory. */
export function createFilesystem(
  session: HostSession,
  preopens: readonly (readonly [number, string])[],
) {
  const drops = new DropQueue(session);
  const owner: Owner = { session, drops, ahead: new ReadAhead(session, READ_BYTES) };
  return {
    preopens: {
      getDirectories(): [Descriptor, string][] {
        session.enter();
        return preopens.map(([handle, path]) => [
          new Descriptor(owner, new Handle(handle, undefined), 'directory', undefined),
          path,
        ]);
      },
    },
    types: { Descriptor, DirectoryEntryStream, filesystemErrorCode },
  };
}
