import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the worlds that this project defines. */
export const witFolder = fileURLToPath(new URL('../wit/', import.meta.url));

/** WIT files of one folder, sorted by name so that the text is the same everywhere. */
function witFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.wit'))
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8'));
}

const packageLine = /^package ([^;]+);\n?/m;

function splitPackage(source: string): { name: string | undefined; body: string } {
  const match = packageLine.exec(source);
  if (!match) return { name: undefined, body: source };
  return { name: match[1], body: source.slice(match.index + match[0].length) };
}

/** One package in WIT's nested notation, `package name { … }`. */
function nestedPackage(files: string[]): string {
  const parts = files.map(splitPackage);
  const name = parts.find((part) => part.name !== undefined)?.name;
  if (name === undefined) throw new Error('no file of the folder names its package');
  return `package ${name} {\n${parts.map((part) => part.body).join('\n')}}\n`;
}

/** The text of every vendored WASI package, in WIT's nested notation. */
export function wasiSource(): string {
  const folders = readdirSync(join(witFolder, 'deps'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(witFolder, 'deps', entry.name))
    .sort();
  return folders.map((folder) => nestedPackage(witFiles(folder))).join('\n');
}

/**
 * One self-contained WIT text: the project's own worlds, or `world` (the text of another package that
 * may refer to them), followed by every package they need.
 *
 * The tools that read WIT are components themselves, which have no file system of ours: they are
 * handed text.
 */
export function witSource(world?: string): string {
  const own = witFiles(witFolder);
  if (world === undefined) return [...own, wasiSource()].join('\n');
  return [world, nestedPackage(own), wasiSource()].join('\n');
}
