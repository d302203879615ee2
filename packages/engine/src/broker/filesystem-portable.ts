/**
 * Where directories cannot be held open (macOS, Windows, Linux without /proc): path text, with every
 * directory from the grant's root down compared by device and inode before and after each use, `O_NOFOLLOW`
 * where the system has it, and the opened file compared with the one that was looked up. Between the
 * last check and the call a window remains in which another process of the host may swap a directory
 * (`docs/internals/filesystem.md`). Names that mean something else to Windows or macOS are refused.
 */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  realpathSync,
  type BigIntStats,
} from 'node:fs';
import { sep } from 'node:path';
import {
  identityOf,
  systemError,
  typeOf,
  type Directory,
  type Found,
  type Identity,
} from './filesystem-directory.ts';

/** Absent on Windows. */
const flag = (name: string): number => (constants as Record<string, number>)[name] ?? 0;
const NEVER_BLOCK = flag('O_NOFOLLOW') | flag('O_NONBLOCK') | flag('O_NOCTTY');

const deviceName = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³⁰⁴⁵⁶⁷⁸⁹])$/i;

/**
 * Whether some system reads the name as more than a name: device names with any extension, streams and
 * drives (`:`), other separators and wildcards, control characters, trailing dots and spaces, and
 * 8.3 short names (`PROGRA~1`). Source: Microsoft, "Naming Files, Paths, and Namespaces".
 */
export function isTreacherousName(name: string): boolean {
  // oxlint-disable-next-line no-control-regex -- they are what is refused
  if (/[\u0000-\u001f<>:"|?*\\]/.test(name) || /[. ]$/.test(name) || /~[0-9]/.test(name))
    return true;
  const stem = (name.split('.', 1)[0] ?? '').trimEnd();
  return deviceName.test(stem);
}

interface Step {
  readonly path: string;
  readonly identity: Identity;
}

class CheckedEntry implements Found {
  readonly #parent: CheckedDirectory;
  readonly stat: BigIntStats;
  readonly path: string;

  constructor(parent: CheckedDirectory, path: string, stat: BigIntStats) {
    this.#parent = parent;
    this.path = path;
    this.stat = stat;
  }

  open(flags: number): number {
    if (typeOf(this.stat) !== 'regular-file') throw systemError('EPERM');
    return this.#parent.guard(() => {
      const file = openSync(this.path, flags | NEVER_BLOCK);
      if (identityOf(fstatSync(file, { bigint: true })) === identityOf(this.stat)) return file;
      closeSync(file);
      throw systemError('EPERM');
    });
  }

  toDirectory(): Directory {
    return this.#parent.below(this.path, this.stat);
  }

  close(): void {}
}

export class CheckedDirectory implements Directory {
  readonly #steps: readonly Step[];
  readonly #self: Step;

  private constructor(steps: readonly Step[]) {
    this.#steps = steps;
    this.#self = steps.at(-1)!;
  }

  /** Opens what the operator named, following links once; never called with a guest's text. */
  static openPath(path: string): CheckedDirectory {
    const { stat, realPath } = lookAtPath(path);
    if (typeOf(stat) !== 'directory') throw systemError('ENOTDIR');
    return new CheckedDirectory([{ path: realPath, identity: identityOf(stat) }]);
  }

  get identity(): Identity {
    return this.#self.identity;
  }

  get realPath(): string {
    return this.#self.path;
  }

  get path(): string {
    this.recheck();
    return this.#self.path;
  }

  stat(): BigIntStats {
    this.recheck();
    return lstatSync(this.#self.path, { bigint: true });
  }

  entry(name: string): string {
    if (isTreacherousName(name)) throw systemError('EPERM');
    this.recheck();
    return `${this.#self.path.replace(/\/$/, '')}/${name}`;
  }

  find(name: string): Found {
    const path = this.entry(name);
    const stat = lstatSync(path, { bigint: true });
    this.recheck();
    return new CheckedEntry(this, path, stat);
  }

  child(name: string): Directory | undefined {
    const found = this.find(name);
    return typeOf(found.stat) === 'directory' ? found.toDirectory() : undefined;
  }

  create(name: string, flags: number): number {
    const path = this.entry(name);
    return this.guard(() =>
      openSync(path, flags | constants.O_CREAT | constants.O_EXCL | NEVER_BLOCK, 0o666),
    );
  }

  duplicate(): Directory {
    return new CheckedDirectory(this.#steps);
  }

  /** The directory at `path`, an entry of this one. */
  below(path: string, stat: BigIntStats): Directory {
    return new CheckedDirectory([...this.#steps, { path, identity: identityOf(stat) }]);
  }

  /** Opens a file between two checks. */
  guard(open: () => number): number {
    this.recheck();
    const file = open();
    try {
      this.recheck();
      return file;
    } catch (thrown) {
      closeSync(file);
      throw thrown;
    }
  }

  recheck(): void {
    for (const step of this.#steps) {
      const stat = lstatSync(step.path, { bigint: true });
      if (typeOf(stat) !== 'directory' || identityOf(stat) !== step.identity) {
        throw systemError('EPERM');
      }
    }
  }

  close(): void {}
}

/** A file or directory that the operator named; its path with `/` on every system. */
export function lookAtPath(path: string): { stat: BigIntStats; realPath: string } {
  const realPath = realpathSync.native(path).replaceAll(sep, '/');
  return { stat: lstatSync(realPath, { bigint: true }), realPath };
}
