/** From what an operator names (folder, tarball, URL) to the files of a package. Nothing of them is interpreted. */
import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SkillError } from '../errors.ts';
import { signatureName, type PackageFiles } from './package-files.ts';
import { ARCHIVE_BYTES, readArchive } from './read-archive.ts';
import { readFolder } from './read-folder.ts';

export interface Obtained {
  readonly files: PackageFiles;
  /** Absolute path or URL, without credentials. */
  readonly source: string;
}

/** Longest signature file. */
const SIGNATURE_BYTES = 16 * 1024;

/** Milliseconds for a whole download. */
const DOWNLOAD_MS = 120_000;

const REDIRECTS = 5;

/**
 * @param named a folder, a tarball, or a `file:` or `https:` URL of one
 * @throws SkillError PACKAGE_INVALID; PACKAGE_NOT_FOUND
 */
export async function obtainPackage(named: string): Promise<Obtained> {
  const url = urlOf(named);
  if (url !== undefined && url.protocol === 'https:') return fromWeb(url);
  const path = resolve(url === undefined ? named : fileURLToPath(url));
  const stats = await stat(path).catch((cause: unknown) => {
    throw notFound(`There is no ${path}.`, cause);
  });
  if (stats.isDirectory()) return { files: await readFolder(path), source: path };
  const archive = await readFile(path, ARCHIVE_BYTES);
  if (archive === undefined) throw notFound(`${path} is not a folder or tarball.`);
  const signature = await readFile(`${path}.sig`, SIGNATURE_BYTES);
  return { files: withSignature(await readArchive(archive), signature), source: path };
}

function urlOf(named: string): URL | undefined {
  if (!/^[a-z][a-z0-9+.-]+:/i.test(named)) return undefined;
  const url = URL.parse(named);
  if (url !== null && (url.protocol === 'file:' || url.protocol === 'https:')) return url;
  throw new SkillError(
    'INVALID_OPTIONS',
    `${JSON.stringify(named)} is no source of a package. Name a folder, a tarball, or a file: or https: URL.`,
  );
}

async function fromWeb(url: URL): Promise<Obtained> {
  const archive = await download(url, ARCHIVE_BYTES);
  if (archive === undefined) throw notFound(`${shown(url)} does not exist.`);
  const beside = new URL(url);
  beside.pathname += '.sig';
  const signature = await download(beside, SIGNATURE_BYTES);
  return { files: withSignature(await readArchive(archive), signature), source: shown(url) };
}

/** Undefined for 404. Every hop is HTTPS, with the certificate checked. */
async function download(from: URL, bound: number): Promise<Uint8Array | undefined> {
  let url = from;
  const signal = AbortSignal.timeout(DOWNLOAD_MS);
  for (let hop = 0; hop <= REDIRECTS; hop += 1) {
    const response = await fetch(url, { redirect: 'manual', signal, credentials: 'omit' }).catch(
      (cause: unknown) => {
        throw notFound(`${shown(url)} cannot be reached: ${reasonOf(cause)}.`, cause);
      },
    );
    const to = response.headers.get('location');
    if (response.status >= 300 && response.status < 400 && to !== null) {
      await response.body?.cancel();
      url = new URL(to, url);
      if (url.protocol !== 'https:') throw notFound(`${shown(from)} leads away from https.`);
      continue;
    }
    if (response.status === 404) {
      await response.body?.cancel();
      return undefined;
    }
    if (!response.ok || response.body === null) {
      throw notFound(`${shown(url)} answers with status ${response.status}.`);
    }
    return collect(response.body, bound, shown(url));
  }
  throw notFound(`${shown(from)} leads to too many other places.`);
}

async function collect(
  body: ReadableStream<Uint8Array>,
  bound: number,
  name: string,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of body) {
      length += chunk.length;
      if (length > bound) {
        throw new SkillError('PACKAGE_INVALID', `${name} has more than ${bound} bytes.`);
      }
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof SkillError) throw cause;
    throw notFound(`${name} ended early: ${reasonOf(cause)}.`, cause);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

/** A signature beside a tarball stands for one within. */
function withSignature(files: PackageFiles, signature: Uint8Array | undefined): PackageFiles {
  return signature === undefined ? files : new Map([...files, [signatureName, signature]]);
}

/** Undefined when there is no such regular file. */
async function readFile(path: string, bound: number): Promise<Uint8Array | undefined> {
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(
    () => undefined,
  );
  if (file === undefined) return undefined;
  try {
    const stats = await file.stat();
    if (!stats.isFile()) return undefined;
    if (stats.size > bound) {
      throw new SkillError('PACKAGE_INVALID', `${path} has more than ${bound} bytes.`);
    }
    const bytes = await file.readFile();
    return new Uint8Array(bytes.subarray(0, stats.size));
  } finally {
    await file.close();
  }
}

function shown(url: URL): string {
  const plain = new URL(url);
  plain.username = '';
  plain.password = '';
  plain.search = '';
  plain.hash = '';
  return plain.href;
}

function reasonOf(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  return inner instanceof Error ? inner.message : String(inner);
}

function notFound(message: string, cause?: unknown): SkillError {
  return new SkillError('PACKAGE_NOT_FOUND', message, cause === undefined ? {} : { cause });
}
