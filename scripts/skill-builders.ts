import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  componentEmbed,
  componentNew,
  parse,
  print,
} from '@bytecodealliance/jco-transpile/wasm-tools';

/** The versions of the tools that turn source into components. */
export function toolVersions(): string {
  const root = createRequire(import.meta.url).resolve('../package.json');
  const { devDependencies } = JSON.parse(readFileSync(root, 'utf8')) as {
    devDependencies: Record<string, string>;
  };
  return ['@bytecodealliance/jco-transpile', 'assemblyscript']
    .map((name) => `${name}@${devDependencies[name]}`)
    .join(' ');
}

/** Runs `use` with a folder of its own, which is removed afterwards. */
async function inTemporaryFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'skill-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The canonical ABI's export names aren't identifiers of any language: they are given afterwards. */
async function renameExports(
  binary: Uint8Array,
  names: Record<string, string>,
): Promise<Uint8Array> {
  let text = await print(binary);
  for (const [from, to] of Object.entries(names)) {
    text = text.replace(`(export "${from}" `, `(export "${to}" `);
  }
  return parse(text);
}

/**
 * A component of an AssemblyScript module that imports what the canonical ABI calls for.
 *
 * @param entry the module
 * @param wit one self-contained WIT text whose first package has one world
 * @param exports the names of the world's functions by those of the module's
 */
export async function assembleScript(
  entry: string,
  wit: string,
  exports: Record<string, string>,
): Promise<Uint8Array> {
  const binary = await inTemporaryFolder(async (folder) => {
    const compiler = fileURLToPath(import.meta.resolve('assemblyscript/bin/asc.js'));
    const core = join(folder, 'core.wasm');
    const options = ['-O3', '--runtime', 'incremental', '--use', 'abort=', '--outFile', core];
    await promisify(execFile)(process.execPath, [compiler, entry, ...options]);
    return readFileSync(core);
  });
  const renamed = await renameExports(binary, exports);
  return componentNew(await componentEmbed({ binary: renamed, witSource: wit }));
}
