/** From the path that a user names to the skills that it means. Nothing of a component is read here. */
import { open, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { SkillError } from './errors.ts';
import { parseManifest } from './manifest/manifest.ts';
import type { SkillManifest, WasmSkillManifest } from './manifest/types.ts';

/** A skill as its manifest describes it, and where the files that it names lie. */
export interface SkillSource {
  readonly manifest: SkillManifest;
  /** Name of the manifest's table, for the lines that denials print. */
  readonly table: 'skill' | 'skills';
  /** Absolute directory that relative paths of the manifest start from. */
  readonly baseDir: string;
  /** Exact text of the manifest; empty for a bare component. */
  readonly manifestText: string;
}

const names = ['skill.toml', 'skills.toml'];

/** Longest manifest; the parser has the same bound. */
const MANIFEST_BYTES = 1024 * 1024;

async function kindOf(path: string): Promise<'file' | 'directory' | undefined> {
  try {
    const stats = await stat(path);
    return stats.isDirectory() ? 'directory' : 'file';
  } catch {
    return undefined;
  }
}

async function readManifest(path: string): Promise<string> {
  const file = await open(path).catch((cause: unknown) => {
    throw new SkillError('MANIFEST_NOT_FOUND', `The manifest ${path} cannot be opened.`, { cause });
  });
  try {
    const buffer = Buffer.alloc(MANIFEST_BYTES + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, null);
      length += bytesRead;
      if (bytesRead === 0 || length === buffer.length) break;
    }
    if (length > MANIFEST_BYTES) {
      throw new SkillError(
        'MANIFEST_SYNTAX',
        `${path}: the manifest is longer than ${MANIFEST_BYTES} bytes.`,
      );
    }
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(
      buffer.subarray(0, length),
    );
  } catch (error) {
    if (error instanceof SkillError) throw error;
    if (error instanceof TypeError) {
      throw new SkillError('MANIFEST_SYNTAX', `${path}: the manifest is not UTF-8.`, {
        cause: error,
      });
    }
    throw new SkillError('MANIFEST_NOT_FOUND', `The manifest ${path} cannot be read.`, {
      cause: error,
    });
  } finally {
    await file.close();
  }
}

async function fromManifest(path: string): Promise<SkillSource[]> {
  const manifestText = await readManifest(path);
  const manifest = parseManifest(manifestText, { file: path });
  return manifest.skills.map((skill) => ({
    manifest: skill,
    table: manifest.form,
    baseDir: dirname(path),
    manifestText,
  }));
}

/** A component without a manifest: no capability at all. */
function bare(path: string): SkillSource {
  const stem = basename(path, extname(path))
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, '-');
  const name = stem.replace(/^[^a-z0-9]+/, '').slice(0, 64) || 'component';
  const text = `[skill]\nname = ${JSON.stringify(name)}\ncomponent = ${JSON.stringify(path)}\n`;
  const [manifest] = parseManifest(text, { file: path }).skills;
  return { manifest: manifest!, table: 'skill', baseDir: dirname(path), manifestText: '' };
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
  const absolute = resolve(path);
  const kind = await kindOf(absolute);
  if (kind === undefined) {
    throw new SkillError(
      'MANIFEST_NOT_FOUND',
      `There is no ${path}. A skill is a folder with a skill.toml, a manifest file, or a component file (.wasm).`,
    );
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
    throw new SkillError(
      'MANIFEST_NOT_FOUND',
      `${path} has neither a skill.toml nor a skills.toml.`,
    );
  }
  if (extname(absolute) === '.toml') return fromManifest(absolute);
  return manifest === undefined ? [bare(absolute)] : withManifest(absolute, resolve(manifest));
}
