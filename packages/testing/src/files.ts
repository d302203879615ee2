/** Files that a test describes, and what became of them. They lie in a directory of their own, below the paths that the guest knows. */
import {
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, posix } from 'node:path';

/** A file's text or bytes, or a symbolic link. An empty directory is a path that ends in `/`, with `''`. */
export type FileContent = string | Uint8Array | { readonly link: string };

/** Files by their paths. */
export type FileTree = Readonly<Record<string, FileContent>>;

export interface FilePlaces {
  /** Host directory that stands for `/`. */
  readonly root: string;
  /** What relative paths start from, as the skill's manifest has it. */
  readonly baseDir: string;
  readonly home: string;
}

/** The path as grants know it: absolute and normal. */
export function guestPath(path: string, { baseDir, home }: FilePlaces): string {
  const text = path === '~' || path.startsWith('~/') ? `${home}${path.slice(1)}` : path;
  const absolute = posix.resolve(baseDir, text);
  return absolute.length > 1 ? absolute.replace(/\/$/, '') : absolute;
}

function put(path: string, content: FileContent, isDirectory: boolean): void {
  if (isDirectory) {
    mkdirSync(path, { recursive: true });
    return;
  }
  mkdirSync(dirname(path), { recursive: true });
  if (typeof content === 'string' || content instanceof Uint8Array) writeFileSync(path, content);
  else symlinkSync(content.link, path);
}

/** @throws TypeError for a directory with content */
export function writeTree(tree: FileTree, places: FilePlaces, modified: Date): void {
  for (const [path, content] of Object.entries(tree)) {
    const isDirectory = path.endsWith('/');
    if (isDirectory && content !== '') {
      throw new TypeError(
        `fs: ${JSON.stringify(path)} ends in "/", so it is a directory, and its content must be "".`,
      );
    }
    put(join(places.root, guestPath(path, places)), content, isDirectory);
  }
  for (const entry of readdirSync(places.root, { recursive: true, encoding: 'utf8' })) {
    lutimesSync(join(places.root, entry), modified, modified);
  }
}

function read(path: string): FileContent | undefined {
  const stat = lstatSync(path);
  if (stat.isSymbolicLink()) return { link: readlinkSync(path) };
  if (!stat.isFile()) return undefined;
  const bytes = readFileSync(path);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return new Uint8Array(bytes);
  }
}

/** All files and links below `root`, by the guest's path: text where it is UTF-8, bytes where it is not. */
export function readTree(root: string): Record<string, FileContent> {
  const tree: Record<string, FileContent> = {};
  const entries = readdirSync(root, { recursive: true, encoding: 'utf8' });
  for (const entry of entries.toSorted()) {
    const content = read(join(root, entry));
    if (content !== undefined) tree[`/${entry.replaceAll('\\', '/')}`] = content;
  }
  return tree;
}

function same(one: FileContent | undefined, other: FileContent): boolean {
  if (one === undefined || typeof one === 'string' || typeof other === 'string')
    return one === other;
  if (one instanceof Uint8Array && other instanceof Uint8Array)
    return Buffer.compare(one, other) === 0;
  return 'link' in one && 'link' in other && one.link === other.link;
}

/** What of `after` is new or other than in `before`. */
export function changed(before: FileTree, after: FileTree): Record<string, FileContent> {
  return Object.fromEntries(
    Object.entries(after).filter(([path, content]) => !same(before[path], content)),
  );
}
