/** The skills of a package, read from its bytes in memory. */
import { posix } from 'node:path';
import { SkillError } from '../errors.ts';
import type { SkillSource } from '../load.ts';
import { parseManifest } from '../manifest/manifest.ts';
import type { SkillManifest } from '../manifest/types.ts';
import { refused, signatureName, type PackageFiles } from './package-files.ts';

const names = ['skill.toml', 'skills.toml'];

/**
 * @param baseDir absolute directory that relative grants start from
 * @throws SkillError MANIFEST_NOT_FOUND, MANIFEST_SYNTAX, MANIFEST_INVALID, PACKAGE_INVALID, SCHEMA_INVALID
 */
export function sourcesOf(files: PackageFiles, baseDir: string): readonly SkillSource[] {
  const name = names.find((candidate) => files.has(candidate));
  if (name === undefined) {
    throw new SkillError(
      'MANIFEST_NOT_FOUND',
      'The package has neither a skill.toml nor a skills.toml at its top.',
    );
  }
  const bytes = files.get(name)!;
  const { skills, form } = parseManifest(bytes, { file: name });
  const manifestText = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  return skills.map((manifest) => ({
    manifest,
    table: form,
    baseDir,
    manifestText,
    schemas: schemasOf(manifest, files),
    files,
  }));
}

/** The file of a package that a manifest names by a relative path. */
export function fileOf(files: PackageFiles, path: string): Uint8Array {
  const normal = posix.normalize(path);
  // It is in no digest: who could change it afterwards would change the skill.
  const bytes = normal === signatureName ? undefined : files.get(normal);
  if (bytes !== undefined && !path.startsWith('/')) return bytes;
  const why =
    posix.isAbsolute(path) || normal.startsWith('..')
      ? 'it lies outside of the package'
      : normal === signatureName
        ? 'that is the name of the signature'
        : 'the package has no such file';
  throw new SkillError(
    'PACKAGE_INVALID',
    `The manifest names ${JSON.stringify(path)}: ${why}. A package has all of its files in it.`,
    { details: { path, reason: why } },
  );
}

function schemasOf(manifest: SkillManifest, files: PackageFiles): Map<string, string> {
  const schemas = new Map<string, string>();
  for (const { parameters } of manifest.tools) {
    if (parameters?.kind !== 'schemaFile') continue;
    try {
      const bytes = fileOf(files, parameters.path);
      schemas.set(parameters.path, new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    } catch (cause) {
      if (cause instanceof SkillError) throw cause;
      throw refused(parameters.path, 'it is not UTF-8');
    }
  }
  return schemas;
}
