/** From the path that a user names to the skills that it means. Nothing of a component is read here. */
import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { SkillError, type ErrorCode } from './errors.ts';
import { fileOf } from './install/sources.ts';
import { parseManifest } from './manifest/manifest.ts';
import type { SkillManifest, WasmSkillManifest } from './manifest/types.ts';
import { assertPath, noManifestIn, nothingAt } from './path-refusals.ts';
import { inManifest } from './tool-places.ts';

/** A skill as its manifest describes it, and where the files that it names lie. */
export interface SkillSource {
  readonly manifest: SkillManifest;
  /** Name of the manifest's table, for the lines that denials print. */
  readonly table: 'skill' | 'skills';
  /** Absolute directory that relative paths of the manifest start from. */
  readonly baseDir: string;
  /** Exact text of the manifest; empty for a bare component. */
  readonly manifestText: string;
  /** Text of each schema file that the manifest names, by its path there. Read once, so that what is digested is what is used. */
  readonly schemas: ReadonlyMap<string, string>;
  /** All bytes of an installed package, by path: what is loaded is what was verified. */
  readonly files?: ReadonlyMap<string, Uint8Array>;
}

/** Where a skill's component comes from, with its pin. */
export function componentOf({
  manifest,
  baseDir,
  files,
}: SkillSource):
  | { readonly path: string; readonly sha256: string | undefined }
  | { readonly bytes: Uint8Array; readonly sha256: string | undefined } {
  if (manifest.runtime !== 'wasm') {
    throw new SkillError('RUNTIME_UNSUPPORTED', `${manifest.name} is no WebAssembly skill.`);
  }
  const { component, sha256 } = manifest;
  if (files === undefined) return { path: resolve(baseDir, component), sha256 };
  return { bytes: fileOf(files, component), sha256 };
}

const names = ['skill.toml', 'skills.toml'];

/** Longest manifest; the parser has the same bound. */
const MANIFEST_BYTES = 1024 * 1024;

/** Longest schema file. */
const SCHEMA_BYTES = 256 * 1024;

async function kindOf(path: string): Promise<'file' | 'directory' | undefined> {
  try {
    const stats = await stat(path);
    return stats.isDirectory() ? 'directory' : 'file';
  } catch {
    return undefined;
  }
}

/** Reads a text file of bounded length; what goes wrong is told with these codes. */
async function readText(
  path: string,
  what: 'manifest' | 'schema file',
  bound: number,
  codes: { readonly unreadable: ErrorCode; readonly malformed: ErrorCode },
): Promise<string> {
  const refuse = (problem: string, code: ErrorCode, cause?: unknown) =>
    new SkillError(code, `The ${what} ${path} ${problem}.`, { cause });
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(
    (cause: unknown) => {
      throw refuse('cannot be opened', codes.unreadable, cause);
    },
  );
  try {
    if (!(await file.stat()).isFile()) throw refuse('is not a regular file', codes.unreadable);
    const buffer = Buffer.alloc(bound + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, null);
      length += bytesRead;
      if (bytesRead === 0 || length === buffer.length) break;
    }
    if (length > bound) throw refuse(`is longer than ${bound} bytes`, codes.malformed);
    return new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, length));
  } catch (error) {
    if (error instanceof SkillError) throw error;
    throw error instanceof TypeError
      ? refuse('is not UTF-8', codes.malformed, error)
      : refuse('cannot be read', codes.unreadable, error);
  } finally {
    await file.close();
  }
}

async function readSchemas(manifest: SkillManifest, baseDir: string): Promise<Map<string, string>> {
  const schemas = new Map<string, string>();
  for (const tool of manifest.tools) {
    const { parameters } = tool;
    if (parameters?.kind !== 'schemaFile' || schemas.has(parameters.path)) continue;
    const path = resolve(baseDir, parameters.path);
    const codes = { unreadable: 'SCHEMA_INVALID', malformed: 'SCHEMA_INVALID' } as const;
    const text = readText(path, 'schema file', SCHEMA_BYTES, codes);
    schemas.set(
      parameters.path,
      await text.catch((error: unknown) => {
        throw inManifest(error, tool);
      }),
    );
  }
  return schemas;
}

async function fromManifest(path: string): Promise<SkillSource[]> {
  const codes = { unreadable: 'MANIFEST_NOT_FOUND', malformed: 'MANIFEST_SYNTAX' } as const;
  const manifestText = await readText(path, 'manifest', MANIFEST_BYTES, codes);
  const manifest = parseManifest(manifestText, { file: path });
  const baseDir = dirname(path);
  const sources: SkillSource[] = [];
  for (const skill of manifest.skills) {
    const schemas = await readSchemas(skill, baseDir);
    sources.push({ manifest: skill, table: manifest.form, baseDir, manifestText, schemas });
  }
  return sources;
}

/** A component without a manifest: no capability at all. */
function bare(path: string): SkillSource {
  const stem = basename(path, extname(path))
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, '-');
  const name = stem.replace(/^[^a-z0-9]+/, '').slice(0, 64) || 'component';
  const text = `[skill]\nname = ${JSON.stringify(name)}\ncomponent = ${JSON.stringify(path)}\n`;
  const [manifest] = parseManifest(text, { file: path }).skills;
  return {
    manifest: manifest!,
    table: 'skill',
    baseDir: dirname(path),
    manifestText: '',
    schemas: new Map(),
  };
}

async function withManifest(component: string, manifestPath: string): Promise<SkillSource[]> {
  const sources = await fromManifest(manifestPath);
  const [only] = sources;
  if (sources.length !== 1 || only?.manifest.runtime !== 'wasm') {
    throw new SkillError(
      'INVALID_OPTIONS',
      `${manifestPath} must describe exactly one WebAssembly skill to be used with a component file; it has ${sources.length} entries.`,
    );
  }
  return [{ ...only, manifest: { ...only.manifest, component } satisfies WasmSkillManifest }];
}

/**
 * Finds the skills that `path` means: a folder with `skill.toml` or `skills.toml`, a manifest file,
 * or a component file, which has no capability unless `manifest` says more.
 *
 * @throws SkillError MANIFEST_NOT_FOUND, MANIFEST_SYNTAX, MANIFEST_INVALID, INVALID_OPTIONS
 */
export async function findSkills(path: string, manifest?: string): Promise<SkillSource[]> {
  assertPath(path);
  const absolute = resolve(path);
  const kind = await kindOf(absolute);
  if (kind === undefined) {
    throw nothingAt(path);
  }
  if (kind === 'directory') {
    if (manifest !== undefined) {
      throw new SkillError(
        'INVALID_OPTIONS',
        'A manifest is named only together with a component file.',
      );
    }
    for (const name of names) {
      const candidate = join(absolute, name);
      if ((await kindOf(candidate)) === 'file') return fromManifest(candidate);
    }
    throw await noManifestIn(path, absolute);
  }
  if (extname(absolute) === '.toml') return fromManifest(absolute);
  return manifest === undefined ? [bare(absolute)] : withManifest(absolute, resolve(manifest));
}
