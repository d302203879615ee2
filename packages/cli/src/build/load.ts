/** Build tools from npm: of the skill's own project, or beside this command. */
import { readFile } from 'node:fs/promises';
import { createRequire, findPackageJSON } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { SkillError } from '@skill-engine/engine';
import { missing } from './toolchain.ts';

const shim = '@bytecodealliance/preview2-shim';

/** ComponentizeJS imports the shim, of the version that it was made with, and does not name it among its dependencies. */
const toInstall: Readonly<Record<string, string>> = {
  '@bytecodealliance/componentize-js': `@bytecodealliance/componentize-js ${shim}@0.17.4`,
  [shim]: `${shim}@0.17.4`,
};

/** @throws SkillError TOOLCHAIN_MISSING */
export async function load<T>(name: string, folder: string): Promise<T> {
  const entry =
    (await entryOf(name, join(folder, 'package.json'))) ?? (await entryOf(name, import.meta.url));
  if (entry === undefined) throw notInstalled(name);
  try {
    return (await import(pathToFileURL(entry).href)) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    const [, needed = name] = /package '([^']+)'/.exec((error as Error).message) ?? [];
    throw notInstalled(needed, error);
  }
}

/** The package's main module. */
async function entryOf(name: string, from: string): Promise<string | undefined> {
  try {
    return createRequire(from).resolve(name);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'MODULE_NOT_FOUND') return undefined;
    if (code !== 'ERR_PACKAGE_PATH_NOT_EXPORTED') throw error;
    return importedEntry(name, from);
  }
}

/** Of a package that is exported to `import` alone, which no function of Node resolves from another place. */
async function importedEntry(name: string, from: string): Promise<string | undefined> {
  const path = findPackageJSON(name, from);
  if (path === undefined) return undefined;
  const { exports = {} } = JSON.parse(await readFile(path, 'utf8')) as { exports?: Conditions };
  const entry = (exports['.'] as Conditions | undefined)?.['import'] ?? exports['import'];
  return typeof entry === 'string' ? join(path, '..', entry) : undefined;
}

type Conditions = Readonly<Record<string, unknown>>;

export function notInstalled(name: string, cause?: unknown): SkillError {
  return missing(
    `The npm package ${name}`,
    `It is a development dependency of the skill: npm install --save-dev ${toInstall[name] ?? name}`,
    cause,
  );
}
