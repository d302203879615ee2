/** What all operations of one invocation share: grants, open handles, budgets, and the way to refuse. */
import { closeSync, constants, fsyncSync, openSync } from 'node:fs';
import { isPseudoFilesystem, typeOf, type Directory, type Found } from './filesystem-directory.ts';
import type { Grant, GrantTable, Place, WalkKind } from './filesystem-grants.ts';
import {
  HandleTable,
  type OpenDirectory,
  type OpenFile,
  type OpenObject,
} from './filesystem-handles.ts';
import { ExactTimes } from './filesystem-times.ts';
import { walkPath, type Target } from './filesystem-walk.ts';
import { fail, type FilesystemErrorCode } from './wasi-error.ts';
import { WrittenFiles } from './filesystem-written.ts';

/** Enough for most reads. */
const FIRST_BUFFER = 16 * 1024;

export interface FilesystemLimits {
  /** Bytes that may be written, growth by `set-size` and by writing beyond the end included. */
  readonly diskBytes: number;
  /** Descriptors and directory listings open at one time. */
  readonly handles: number;
  /** Bytes that one read returns at most. */
  readonly readBytes: number;
  /** Entries that one listing returns, and entries that the invocation may create. */
  readonly directoryEntries: number;
}

export interface FilesystemDenial {
  /** Name of the wasi:filesystem function, such as `open-at`. */
  readonly operation: string;
  /** Absolute, as the guest would name it. */
  readonly path: string;
  readonly rule: string;
  readonly access: 'read' | 'write';
  /** A file was to be made there: its directory has to be granted. */
  readonly creates?: boolean | undefined;
}

/** Which budgets ran out, so that the caller learns why a guest was refused. */
export type FilesystemLimit = 'disk' | 'handles' | 'directory-entries';

export class FilesystemSession {
  readonly table: GrantTable;
  readonly walkKind: WalkKind;
  readonly handles: HandleTable;
  readonly limits: FilesystemLimits;
  readonly limitsHit = new Set<FilesystemLimit>();
  readonly filesWritten = new WrittenFiles();
  readonly exactTimes = new ExactTimes();
  readonly #onDenial: (denial: FilesystemDenial) => void;
  /** Of the request at hand, for denials. */
  operation = '';
  access: 'read' | 'write' = 'read';
  creates = false;
  #buffer: Buffer = Buffer.alloc(0);
  #written = 0;
  #created = 0;
  /** Devices that were looked at: `true` where they hold no ordinary files. */
  readonly #pseudo = new Map<bigint, boolean>();

  constructor(
    table: GrantTable,
    walkKind: WalkKind,
    limits: FilesystemLimits,
    onDenial: (denial: FilesystemDenial) => void,
  ) {
    this.table = table;
    this.walkKind = walkKind;
    this.limits = limits;
    this.handles = new HandleTable(limits.handles);
    this.#onDenial = onDenial;
  }

  /** At least so many bytes, the same memory every time: a fresh 64 KiB costs more than reading into it. */
  buffer(length: number): Buffer {
    if (this.#buffer.length < length) {
      this.#buffer = Buffer.allocUnsafeSlow(Math.max(length, FIRST_BUFFER));
    }
    return this.#buffer;
  }

  get written(): number {
    return this.#written;
  }

  refuse = (rule: string, path: string, code: FilesystemErrorCode): never => {
    const { operation, access, creates } = this;
    const named = this.table.guestPath(path);
    const climbs = rule === 'outside-grant' && this.table.opens(named);
    this.#onDenial({
      operation,
      path: named,
      rule: climbs ? 'climbs' : rule,
      access,
      ...(creates ? { creates } : {}),
    });
    return fail(code);
  };

  /** The invocation made this name, or opened it for writing. */
  noteWritten(path: string): void {
    this.filesWritten.add(this.table.guestPath(path));
  }

  refuseReadOnly(path: string): never {
    this.access = 'write';
    return this.refuse('read-only', path, 'read-only');
  }

  directory(handle: number): OpenDirectory {
    const object = this.handles.get(handle);
    if (object.kind === 'directory') return object;
    return fail(object.kind === 'file' ? 'not-directory' : 'bad-descriptor');
  }

  file(handle: number): OpenFile {
    const object = this.handles.get(handle);
    if (object.kind === 'file') return object;
    return fail(object.kind === 'directory' ? 'is-directory' : 'bad-descriptor');
  }

  descriptor(handle: number): Exclude<OpenObject, { kind: 'listing' }> {
    const object = this.handles.get(handle);
    return object.kind === 'listing' ? fail('bad-descriptor') : object;
  }

  walk(handle: number, path: string, follow: boolean): Target {
    return walkPath(this.table, this.directory(handle).place, path, follow, this.refuse);
  }

  /** Runs `use` with what the walk comes to, and lets go of it afterwards. */
  at<T>(handle: number, path: string, follow: boolean, use: (target: Target) => T): T {
    const target = this.walk(handle, path, follow);
    try {
      if (target.slash && target.found && target.type !== 'directory') fail('not-directory');
      return use(target);
    } finally {
      target.close();
    }
  }

  /** Refuses when entries of `place` must not change. */
  requireWritable(place: Place, grant: Grant, path: string): void {
    if (grant.access !== 'read-write' || place.grant.access !== 'read-write')
      this.refuseReadOnly(path);
    this.refusePseudo(place.directory.stat().dev, place.directory.path, path);
  }

  /** Refuses what is not an ordinary file, directory or link on an ordinary file system. */
  requireOrdinary(found: Found, path: string): void {
    const type = typeOf(found.stat);
    if (type === 'other') this.refuse('file-type', path, 'not-permitted');
    if (type !== 'symbolic-link') this.refusePseudo(found.stat.dev, found.path, path);
  }

  refusePseudo(device: bigint, hostPath: string, path: string): void {
    let pseudo = this.#pseudo.get(device);
    if (pseudo === undefined) this.#pseudo.set(device, (pseudo = isPseudoFilesystem(hostPath)));
    if (pseudo) this.refuse('pseudo-filesystem', path, 'not-permitted');
  }

  /** Makes the names in a directory durable; where directories cannot be opened as files the system sees to it. */
  syncDirectory(directory: Directory): void {
    if (process.platform === 'win32') return;
    const descriptor = openSync(directory.path, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  /** Takes bytes off the disk budget, all or nothing. */
  spendDisk(bytes: number): void {
    if (bytes > this.limits.diskBytes - this.#written) {
      this.limitsHit.add('disk');
      fail('quota');
    }
    this.#written += bytes;
  }

  /** Counts one new entry. */
  spendEntry(): void {
    if (this.#created >= this.limits.directoryEntries) {
      this.limitsHit.add('directory-entries');
      fail('quota');
    }
    this.#created += 1;
  }

  reserveHandle(): void {
    try {
      this.handles.reserve();
    } catch (thrown) {
      this.limitsHit.add('handles');
      throw thrown;
    }
  }
}
