/** All files of a package, in memory: what is digested, verified and loaded are the same bytes. */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../audit/canonical.ts';
import { escapeText } from '../audit/escape.ts';
import { SkillError } from '../errors.ts';
import { sha256OfText } from '../trust/package-digest.ts';
import { foldedName, whyNotName } from './file-names.ts';

/** Bytes of each file by its path within the package, `/` between the parts; sorted by path. */
export type PackageFiles = ReadonlyMap<string, Uint8Array>;

/** What a package may have at most. */
export const packageBounds = {
  files: 2000,
  /** Of all files together. */
  bytes: 128 * 1024 * 1024,
} as const;

/** The detached signature of a package; no part of what it signs. */
export const signatureName = 'skill.sig';

/** Gathers files one by one and refuses a package as soon as it breaks a rule. */
export class FileGatherer {
  readonly #files = new Map<string, Uint8Array>();
  /** By folded path: the path as written, of files and of their folders. */
  readonly #seen = new Map<string, string>();
  #bytes = 0;

  /** Bytes that may still come. */
  get room(): number {
    return packageBounds.bytes - this.#bytes;
  }

  /** @throws SkillError PACKAGE_INVALID */
  add(path: string, bytes: Uint8Array): void {
    this.check(path);
    if (this.#files.has(path)) throw refused(path, 'it is there twice');
    if (this.#files.size >= packageBounds.files) {
      throw tooMuch(`more than ${packageBounds.files} files`);
    }
    this.#bytes += bytes.length;
    if (this.#bytes > packageBounds.bytes) throw tooMuch(`more than ${packageBounds.bytes} bytes`);
    if (this.#files.has(path.split('/').slice(0, -1).join('/'))) {
      throw refused(path, 'it lies below a file');
    }
    this.#files.set(path, bytes);
  }

  /** Name rules, for the path and the folders that it lies in. */
  check(path: string): void {
    const why = whyNotName(path);
    if (why !== undefined) throw refused(path, why);
    const parts = path.split('/');
    for (let end = 1; end <= parts.length; end += 1) {
      const name = parts.slice(0, end).join('/');
      const key = foldedName(name);
      const other = this.#seen.get(key);
      if (other !== undefined && other !== name) {
        throw refused(name, `only case or Unicode form tells it from ${quoted(other)}`);
      }
      this.#seen.set(key, name);
    }
  }

  /** @throws SkillError PACKAGE_INVALID when a path is both a file and a folder */
  finish(): PackageFiles {
    const paths = [...this.#files.keys()].toSorted();
    for (const path of paths) {
      const parts = path.split('/');
      for (let end = 1; end < parts.length; end += 1) {
        if (this.#files.has(parts.slice(0, end).join('/'))) {
          throw refused(path, 'it lies below a file');
        }
      }
    }
    return new Map(paths.map((path) => [path, this.#files.get(path)!]));
  }
}

/** SHA-256 of each file in lower-case hexadecimal, by path; without the signature. */
export function fileDigests(files: PackageFiles): Record<string, string> {
  const digests: Record<string, string> = {};
  for (const [path, bytes] of files) {
    if (path === signatureName) continue;
    digests[path] = createHash('sha256').update(bytes).digest('hex');
  }
  return digests;
}

/** Says what is digested: bytes that were digested for another purpose can never equal this. */
const domain = 'skill-engine package tree, version 1';

/** SHA-256 over the names and bytes of all files of a package but its signature, in lower-case hexadecimal. */
export function treeDigest(digests: Readonly<Record<string, string>>): string {
  return sha256OfText(canonicalJson({ domain, files: Object.entries(digests).toSorted(byPath) }));
}

function byPath([a]: [string, string], [b]: [string, string]): number {
  return a < b ? -1 : 1;
}

export function refused(path: string, why: string): SkillError {
  return new SkillError(
    'PACKAGE_INVALID',
    `The package has ${quoted(path)}, which is refused: ${why}. Take it out, or rename it.`,
    { details: { path: escapeText(path), reason: why } },
  );
}

export function tooMuch(what: string): SkillError {
  return new SkillError(
    'PACKAGE_INVALID',
    `The package has ${what}. Leave out what skills do not need.`,
    {
      details: { reason: what },
    },
  );
}

function quoted(path: string): string {
  return `"${escapeText(path)}"`;
}
