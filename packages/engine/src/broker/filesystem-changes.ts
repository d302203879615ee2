/** Changes to directories: entries are made, moved and removed by name in a directory that is held. */
import { linkSync, mkdirSync, renameSync, rmdirSync, symlinkSync, unlinkSync } from 'node:fs';
import { identityOf } from './filesystem-directory.ts';
import type { Arguments } from './filesystem-arguments.ts';
import { checkLinkTarget, linksLeaveWhenMoved, depthOf } from './filesystem-links.ts';
import type { FilesystemSession } from './filesystem-session.ts';
import { readLink, type Target } from './filesystem-walk.ts';
import { fail } from './wasi-error.ts';

/** Arguments: directory, path. */
export function createDirectoryAt(session: FilesystemSession, args: Arguments): null {
  const [handle, path] = [args.handle(), args.string()];
  args.end();
  session.access = 'write';
  return session.at(handle, path, false, (target) => {
    if (target.type !== undefined) return fail('exist');
    session.requireWritable(target.place, target.grant, target.path);
    session.spendEntry();
    mkdirSync(target.place.directory.entry(target.name!));
    target.place.directory.recheck();
    return null;
  });
}

/** Arguments: directory, path. */
export function removeDirectoryAt(session: FilesystemSession, args: Arguments): null {
  const [handle, path] = [args.handle(), args.string()];
  args.end();
  session.access = 'write';
  return session.at(handle, path, false, (target) => {
    if (target.name === undefined) return fail('invalid');
    if (target.type === undefined) return fail('no-entry');
    requireChangeable(session, target);
    if (target.type !== 'directory') return fail('not-directory');
    rmdirSync(target.place.directory.entry(target.name));
    target.place.directory.recheck();
    return null;
  });
}

/** Arguments: directory, path. */
export function unlinkFileAt(session: FilesystemSession, args: Arguments): null {
  const [handle, path] = [args.handle(), args.string()];
  args.end();
  session.access = 'write';
  return session.at(handle, path, false, (target) => {
    if (target.type === 'directory') return fail('is-directory');
    if (target.type === undefined) return fail('no-entry');
    requireChangeable(session, target);
    unlinkSync(target.place.directory.entry(target.name!));
    target.place.directory.recheck();
    return null;
  });
}

/** Arguments: directory, old path, new directory, new path. */
export function renameAt(session: FilesystemSession, args: Arguments): null {
  const [from, oldPath, to, newPath] = [args.handle(), args.string(), args.handle(), args.string()];
  args.end();
  session.access = 'write';
  return session.at(from, oldPath, false, (source) =>
    session.at(to, newPath, false, (target) => {
      if (source.name === undefined || target.name === undefined) return fail('invalid');
      if (source.type === undefined) return fail('no-entry');
      if (target.slash && source.type !== 'directory') return fail('not-directory');
      requireChangeable(session, source);
      requireSameGrant(session, source, target);
      requireChangeable(session, target);
      requireLinksStay(session, source, target);
      session.noteWritten(target.path);
      renameSync(
        source.place.directory.entry(source.name),
        target.place.directory.entry(target.name),
      );
      if (source.type === 'directory') followRename(session, source.path, target.path);
      source.place.directory.recheck();
      target.place.directory.recheck();
      return null;
    }),
  );
}

/** Arguments: directory, follow, old path, new directory, new path. */
export function linkAt(session: FilesystemSession, args: Arguments): null {
  const [from, follow, oldPath] = [args.handle(), args.boolean(), args.string()];
  const [to, newPath] = [args.handle(), args.string()];
  args.end();
  session.access = 'write';
  if (follow) return fail('invalid');
  return session.at(from, oldPath, false, (source) =>
    session.at(to, newPath, false, (target) => {
      if (source.type === undefined) return fail('no-entry');
      if (source.type === 'directory') return fail('not-permitted');
      if (target.type !== undefined) return fail('exist');
      if (target.slash) return fail('no-entry');
      requireChangeable(session, source);
      requireSameGrant(session, source, target);
      requireChangeable(session, target);
      requireLinksStay(session, source, target);
      session.spendEntry();
      session.noteWritten(target.path);
      const entry = target.place.directory.entry(target.name!);
      linkSync(source.place.directory.entry(source.name!), entry);
      undoUnlessSame(session, source, target, entry);
      return null;
    }),
  );
}

/** Arguments: directory, target text, new path. */
export function symlinkAt(session: FilesystemSession, args: Arguments): null {
  const [handle, text, newPath] = [args.handle(), args.string(), args.string()];
  args.end();
  session.access = 'write';
  return session.at(handle, newPath, false, (target) => {
    if (target.type !== undefined) return fail('exist');
    if (target.slash) return fail('no-entry');
    requireChangeable(session, target);
    checkLinkTarget(session, text, target);
    session.spendEntry();
    session.noteWritten(target.path);
    symlinkSync(text, target.place.directory.entry(target.name!));
    target.place.directory.recheck();
    return null;
  });
}

/** Arguments: directory, path. */
export function readlinkAt(session: FilesystemSession, args: Arguments): string {
  const [handle, path] = [args.handle(), args.string()];
  args.end();
  return session.at(handle, path, false, (target) => {
    if (target.type === undefined) return fail('no-entry');
    if (target.type !== 'symbolic-link') return fail('invalid');
    const text = readLink(target.place.directory, target.name!);
    if (text.startsWith('/')) session.refuse('link-outside-grant', target.path, 'not-permitted');
    return text;
  });
}

/** The entry may be made, replaced or removed: its grant says so, and nothing depends on its name. */
function requireChangeable(session: FilesystemSession, target: Target): void {
  const { found, place, path } = target;
  session.requireWritable(place, target.grant, path);
  if (session.table.isPinned(path) || (found && session.table.isRoot(identityOf(found.stat)))) {
    session.refuse('pinned', path, 'not-permitted');
  }
  if (found) session.requireOrdinary(found, path);
}

function requireSameGrant(session: FilesystemSession, source: Target, target: Target): void {
  if (source.grant !== target.grant || source.place.grant !== target.place.grant) {
    session.refuse('cross-grant', target.path, 'cross-device');
  }
}

/** A link, or a directory with links in it, must not lead out of the grant from where it goes. */
function requireLinksStay(session: FilesystemSession, source: Target, target: Target): void {
  if (source.type === 'symbolic-link') {
    checkLinkTarget(session, readLink(source.place.directory, source.name!), target);
  } else if (source.type === 'directory') {
    const rise = depthOf(source) - depthOf(target);
    if (rise > 0 && linksLeaveWhenMoved(session, source, depthOf(target))) {
      session.refuse('link-outside-grant', target.path, 'not-permitted');
    }
  }
}

/** Another process may have put something else under the source's name; then the new link goes again. */
function undoUnlessSame(
  session: FilesystemSession,
  source: Target,
  target: Target,
  entry: string,
): void {
  const made = target.place.directory.find(target.name!);
  try {
    if (identityOf(made.stat) === identityOf(source.found!.stat)) return;
    unlinkSync(entry);
    session.refuse('changed-meanwhile', source.path, 'busy');
  } finally {
    made.close();
  }
}

/** Descriptors of the moved directory, and of what is in it, go on under the new path. */
function followRename(session: FilesystemSession, from: string, to: string): void {
  for (const open of session.handles.directories()) {
    const { place } = open;
    if (place.path === from || place.path.startsWith(`${from}/`)) {
      open.place = { ...place, path: to + place.path.slice(from.length) };
    }
  }
}
