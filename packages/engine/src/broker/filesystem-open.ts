/** `open-at`: the one way to a descriptor. */
import { closeSync, constants, fstatSync, ftruncateSync } from 'node:fs';
import { beginningOf } from './filesystem-beginning.ts';
import type { Reply } from './filesystem-content.ts';
import { identityOf, type Identity } from './filesystem-directory.ts';
import type { Arguments } from './filesystem-arguments.ts';
import type { FilesystemSession } from './filesystem-session.ts';
import type { Target } from './filesystem-walk.ts';
import { errnoOf, fail } from './wasi-error.ts';

/** Bits of `open-flags` and `descriptor-flags`, in the order of wasi:filesystem/types. */
const OpenFlag = { create: 1, directory: 2, exclusive: 4, truncate: 8 } as const;
export const DescriptorFlag = {
  read: 1,
  write: 2,
  fileIntegritySync: 4,
  dataIntegritySync: 8,
  requestedWriteSync: 16,
  mutateDirectory: 32,
} as const;

/** Bits that name one of the flags above. */
const OPEN_FLAGS = 15;
const DESCRIPTOR_FLAGS = 63;

const { O_DSYNC, O_RDONLY, O_RDWR, O_SYNC, O_WRONLY } = constants as typeof constants & {
  readonly O_DSYNC?: number;
  readonly O_SYNC?: number;
};

/** How often an entry may come and go under a create before the guest is told that it is busy. */
const ATTEMPTS = 8;

interface Wish {
  readonly create: boolean;
  readonly directory: boolean;
  readonly exclusive: boolean;
  readonly truncate: boolean;
  readonly read: boolean;
  readonly write: boolean;
  readonly mutate: boolean;
  readonly syncFlags: number;
  readonly syncBits: number;
}

/** `[handle, type, descriptor flags]`; a fourth item says that the beginning of the file comes along. */
export type Opened = readonly [number, 'regular-file' | 'directory', number];

/** Arguments: directory, follow, path, open flags, descriptor flags, handles to drop first. */
export function openAt(session: FilesystemSession, args: Arguments): Reply {
  const directory = args.handle();
  const follow = args.boolean();
  const path = args.string();
  const wish = readWish(args.integer(OPEN_FLAGS), args.integer(DESCRIPTOR_FLAGS));
  const dropped = args.handles();
  args.end();
  for (const handle of dropped) session.handles.drop(handle);
  if (wish.create || wish.truncate || wish.write || wish.mutate) session.access = 'write';
  session.creates = wish.create;
  if (wish.directory && (wish.create || wish.exclusive || wish.truncate)) fail('invalid');
  session.reserveHandle();
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const opened = session.at(directory, path, follow, (target) =>
      openTarget(session, target, wish),
    );
    if (opened) return opened;
  }
  return fail('busy');
}

function readWish(open: number, flags: number): Wish {
  const { fileIntegritySync, dataIntegritySync, requestedWriteSync } = DescriptorFlag;
  const syncBits = flags & (fileIntegritySync | dataIntegritySync | requestedWriteSync);
  const full = (syncBits & (fileIntegritySync | requestedWriteSync)) !== 0;
  return {
    create: (open & OpenFlag.create) !== 0,
    directory: (open & OpenFlag.directory) !== 0,
    exclusive: (open & OpenFlag.exclusive) !== 0,
    truncate: (open & OpenFlag.truncate) !== 0,
    read: (flags & DescriptorFlag.read) !== 0,
    write: (flags & DescriptorFlag.write) !== 0,
    mutate: (flags & DescriptorFlag.mutateDirectory) !== 0,
    syncBits,
    syncFlags: full ? (O_SYNC ?? 0) : syncBits === 0 ? 0 : (O_DSYNC ?? O_SYNC ?? 0),
  };
}

/** `undefined`: the entry changed meanwhile, look again. */
function openTarget(session: FilesystemSession, target: Target, wish: Wish): Reply | undefined {
  const writes = wish.create || wish.truncate || wish.write || wish.mutate;
  session.creates = wish.create && target.type === undefined;
  if (writes && target.grant.access !== 'read-write') session.refuseReadOnly(target.path);
  if (target.type === undefined)
    return wish.create ? createFile(session, target, wish) : fail('no-entry');
  if (wish.create && wish.exclusive) fail('exist');
  if (target.type === 'symbolic-link') return fail(wish.directory ? 'not-directory' : 'loop');
  if (target.found) session.requireOrdinary(target.found, target.path);
  if (target.type === 'directory') return openDirectory(session, target, wish);
  return wish.directory ? fail('not-directory') : openFile(session, target, wish);
}

function createFile(session: FilesystemSession, target: Target, wish: Wish): Reply | undefined {
  const { place, name, path } = target;
  if (target.slash || name === undefined) return fail('is-directory');
  session.requireWritable(place, target.grant, path);
  session.spendEntry();
  const read = wish.read || !wish.write;
  let file: number;
  try {
    file = place.directory.create(name, (read ? O_RDWR : O_WRONLY) | wish.syncFlags);
  } catch (thrown) {
    if (errnoOf(thrown) === 'EEXIST' && !wish.exclusive) return undefined;
    throw thrown;
  }
  const identity = identityOf(fstatSync(file, { bigint: true }));
  return { value: keepFile(session, target, wish, file, identity, { read, write: true }) };
}

function openFile(session: FilesystemSession, target: Target, wish: Wish): Reply {
  const found = target.found!;
  const read = wish.read || !wish.write;
  const writes = wish.write || wish.truncate;
  const file = found.open((writes ? (read ? O_RDWR : O_WRONLY) : O_RDONLY) | wish.syncFlags);
  try {
    if (wish.truncate) {
      session.noteWritten(target.path);
      ftruncateSync(file, 0);
    }
    const access = { read, write: wish.write };
    const opened = keepFile(session, target, wish, file, identityOf(found.stat), access);
    // Most files that are opened are read next: what they begin with saves that request.
    const bytes = read && !wish.truncate ? beginningOf(session, file, found.stat) : undefined;
    return bytes === undefined ? { value: opened } : { value: [...opened, true], bytes };
  } catch (thrown) {
    closeSync(file);
    throw thrown;
  }
}

function keepFile(
  session: FilesystemSession,
  { path, grant }: Target,
  { syncFlags, syncBits }: Wish,
  file: number,
  identity: Identity,
  { read, write }: { read: boolean; write: boolean },
): Opened {
  const opened = { kind: 'file', file, identity, path, grant, read, write, syncFlags } as const;
  if (write) session.noteWritten(path);
  const handle = session.handles.add({ ...opened, appending: undefined });
  const flags = (read ? DescriptorFlag.read : 0) | (write ? DescriptorFlag.write : 0) | syncBits;
  return [handle, 'regular-file', flags];
}

function openDirectory(session: FilesystemSession, target: Target, wish: Wish): Reply {
  if (wish.write || wish.truncate || wish.create) fail('is-directory');
  const { path, grant, place, found } = target;
  const directory = found ? found.toDirectory() : place.directory.duplicate();
  const handle = session.handles.add({
    kind: 'directory',
    place: { directory, path, grant },
    preopen: false,
  });
  const flags = DescriptorFlag.read | (wish.mutate ? DescriptorFlag.mutateDirectory : 0);
  return { value: [handle, 'directory', flags | wish.syncBits] satisfies Opened };
}
