/**
 * What the broker knows of a directory and of an entry in it. Two implementations: `filesystem-linux.ts`
 * holds the directory itself open, `filesystem-portable.ts` checks path text again and again.
 */
import { statfsSync, type BigIntStats } from 'node:fs';

/** Device and inode: the same for every name of one object. */
export type Identity = string;

export function identityOf(stat: BigIntStats): Identity {
  return `${stat.dev}:${stat.ino}`;
}

export type FileType = 'regular-file' | 'directory' | 'symbolic-link' | 'other';

const TYPE_MASK = 0o170000n;

export function typeOf(stat: BigIntStats): FileType {
  switch (stat.mode & TYPE_MASK) {
    case 0o100000n:
      return 'regular-file';
    case 0o040000n:
      return 'directory';
    case 0o120000n:
      return 'symbolic-link';
    default:
      return 'other';
  }
}

/** One existing entry of a directory, looked up without following it. All methods throw the system's errors. */
export interface Found {
  readonly stat: BigIntStats;
  /** Denotes the object in calls that take a path and follow links; for a symbolic link, the link's own name. */
  readonly path: string;
  /** Opens the very object that `stat` describes; only for regular files. */
  open(flags: number): number;
  /** Hands over the directory; afterwards `close` does nothing. */
  toDirectory(): Directory;
  close(): void;
}

/** A directory that the broker stands in. No method follows a symbolic link. All throw the system's errors. */
export interface Directory {
  readonly identity: Identity;
  stat(): BigIntStats;
  /** Denotes the directory itself in calls that take a path. */
  readonly path: string;
  /** Denotes an entry in one call that takes a path and does not follow its last segment. */
  entry(name: string): string;
  find(name: string): Found;
  /** The directory of that name; `undefined` when the entry is something else, perhaps a symbolic link. */
  child(name: string): Directory | undefined;
  /** Creates a regular file that did not exist, and opens it. */
  create(name: string, flags: number): number;
  /** A second hold on the same directory. */
  duplicate(): Directory;
  /** Throws when the directory is no longer where it was; after a change that went through `entry`. */
  recheck(): void;
  close(): void;
}

/** File systems whose files are doors into the kernel or into other processes, by `f_type` of statfs(2). */
const pseudoFilesystems: ReadonlySet<number> = new Set([
  0x9fa0, // proc
  0x62656572, // sysfs
  0x64626720, // debugfs
  0x74726163, // tracefs
  0x73636673, // securityfs
  0x27e0eb, // cgroup
  0x63677270, // cgroup2
  0x1cd1, // devpts
  0x19800202, // mqueue
  0xcafe4a11, // bpf
  0xf97cff8c, // selinuxfs
  0x43415d53, // smackfs
  0x6165676c, // pstore
  0xde5e81e4, // efivarfs
  0x62656570, // configfs
  0x42494e4d, // binfmt_misc
  0x6e736673, // nsfs
  0x67596969, // rpc_pipefs
  0x65735543, // fusectl
  0x0187, // autofs
  0x9fa2, // usbdevfs
  0x6e667364, // nfsd
  0xabba1974, // xenfs
  0x07655821, // resctrl
  0x50494446, // pidfs
  0x09041934, // anonymous inodes
]);

/** Whether `path` lies on one of them; `false` where statfs has no types. */
export function isPseudoFilesystem(path: string): boolean {
  if (process.platform !== 'linux') return false;
  return pseudoFilesystems.has(statfsSync(path).type >>> 0);
}

export function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}
