/**
 * Linux: every directory is held open, and `/proc/…/fd/N/name` names an entry of the directory that
 * descriptor N holds, whatever its path is by now: openat(2) in plain Node. Everything is opened with
 * `O_PATH` first, which has no effect on what it opens (no FIFO's reader is woken, no device starts);
 * only what proves to be a regular file is opened again, through its own descriptor.
 */
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readlinkSync,
  statSync,
  type BigIntStats,
} from 'node:fs';
import {
  identityOf,
  systemError,
  typeOf,
  type Directory,
  type Found,
  type Identity,
} from './filesystem-directory.ts';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** Not among Node's constants; the same on every architecture that Node supports. */
const O_PATH = 0o10000000;

const NEVER_BLOCK = O_NONBLOCK | O_NOCTTY | O_NOFOLLOW;

/**
 * The descriptors of this process as the kernel shows them. By number it saves one link, but in a foreign
 * pid namespace the number is another process's; where neither works (no /proc, none of our own) the
 * portable walk takes over.
 */
const descriptors = process.platform === 'linux' ? findDescriptors() : undefined;

function findDescriptors(): string | undefined {
  try {
    const byNumber = readlinkSync('/proc/self') === String(process.pid);
    const prefix = `/proc/${byNumber ? process.pid : 'self'}/fd/`;
    const root = openSync('/', O_PATH | O_DIRECTORY);
    try {
      const same = identityOf(statSync(`${prefix}${root}/.`, { bigint: true }));
      return same === identityOf(fstatSync(root, { bigint: true })) ? prefix : undefined;
    } finally {
      closeSync(root);
    }
  } catch {
    return undefined;
  }
}

/** Whether this platform has what the class below needs. */
export const canHoldDirectories = descriptors !== undefined;

class HeldEntry implements Found {
  readonly #descriptor: number;
  readonly #entry: string;
  readonly stat: BigIntStats;
  #open = true;

  constructor(descriptor: number, entry: string, stat: BigIntStats) {
    this.#descriptor = descriptor;
    this.#entry = entry;
    this.stat = stat;
  }

  get path(): string {
    return typeOf(this.stat) === 'symbolic-link'
      ? this.#entry
      : `${descriptors}${this.#descriptor}`;
  }

  open(flags: number): number {
    if (typeOf(this.stat) !== 'regular-file') throw systemError('EPERM');
    return openSync(`${descriptors}${this.#descriptor}`, flags | O_NONBLOCK | O_NOCTTY);
  }

  toDirectory(): Directory {
    this.#open = false;
    return new HeldDirectory(this.#descriptor, identityOf(this.stat));
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#descriptor);
  }
}

export class HeldDirectory implements Directory {
  readonly #descriptor: number;
  readonly #prefix: string;
  readonly path: string;
  #identity: Identity | undefined;
  #open = true;

  constructor(descriptor: number, identity?: Identity) {
    this.#descriptor = descriptor;
    this.path = `${descriptors}${descriptor}`;
    this.#prefix = `${this.path}/`;
    this.#identity = identity;
  }

  /** Opens what the operator named, following links once; never called with a guest's text. */
  static openPath(path: string): HeldDirectory {
    return new HeldDirectory(openSync(path, O_PATH | O_DIRECTORY));
  }

  get identity(): Identity {
    return (this.#identity ??= identityOf(this.stat()));
  }

  /** Where the kernel says the directory is now. */
  get realPath(): string {
    return readlinkSync(this.path);
  }

  stat(): BigIntStats {
    return fstatSync(this.#descriptor, { bigint: true });
  }

  entry(name: string): string {
    return this.#prefix + name;
  }

  find(name: string): Found {
    const entry = this.#prefix + name;
    const descriptor = openSync(entry, O_PATH | O_NOFOLLOW);
    try {
      return new HeldEntry(descriptor, entry, fstatSync(descriptor, { bigint: true }));
    } catch (thrown) {
      closeSync(descriptor);
      throw thrown;
    }
  }

  child(name: string): Directory | undefined {
    try {
      return new HeldDirectory(openSync(this.#prefix + name, O_PATH | O_DIRECTORY | O_NOFOLLOW));
    } catch (thrown) {
      const code = (thrown as { code?: unknown }).code;
      if (code === 'ENOTDIR' || code === 'ELOOP') return undefined;
      throw thrown;
    }
  }

  create(name: string, flags: number): number {
    return openSync(this.#prefix + name, flags | O_CREAT | O_EXCL | NEVER_BLOCK, 0o666);
  }

  duplicate(): Directory {
    return new HeldDirectory(openSync(this.path, O_PATH | O_DIRECTORY), this.#identity);
  }

  recheck(): void {}

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#descriptor);
  }
}

/** Opens the regular file that descriptor `file` holds once more, with other flags. */
export function reopen(file: number, flags: number): number {
  return openSync(`${descriptors}${file}`, flags | O_NONBLOCK | O_NOCTTY);
}

/** A file or directory that the operator named, held without being opened. */
export function holdPath(path: string): { stat: BigIntStats; realPath: string } {
  const descriptor = openSync(path, O_PATH);
  try {
    return {
      stat: fstatSync(descriptor, { bigint: true }),
      realPath: readlinkSync(`${descriptors}${descriptor}`),
    };
  } finally {
    closeSync(descriptor);
  }
}
