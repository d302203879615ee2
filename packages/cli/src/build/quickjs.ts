/** QuickJS, by componentize-qjs: 1.6 MB, built in about a second. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from './load.ts';
import { renameImports } from './rename-imports.ts';
import { buildFailed } from './toolchain.ts';
import { wasiVersion } from './wit.ts';

export interface Bundled {
  /** The skill's folder. */
  readonly folder: string;
  /** One module. */
  readonly code: string;
  /** One self-contained WIT text whose first package has one world. */
  readonly wit: string;
  /** Interfaces that the code imports. */
  readonly imports: readonly string[];
}

export async function quickJs(bundled: Bundled): Promise<Uint8Array> {
  const { componentize } = await load<typeof import('componentize-qjs')>(
    'componentize-qjs',
    bundled.folder,
  );
  const disguised = bundled.imports.some((name) => name.startsWith('wasi:http/'));
  const worker = await mkdtemp(join(tmpdir(), 'skill-build-'));
  try {
    const witPath = join(worker, 'world.wit');
    await writeFile(witPath, disguised ? disguise(bundled.wit) : bundled.wit);
    const jsSource = disguised ? disguise(bundled.code) : bundled.code;
    const { component } = await componentize({ witPath, jsSource, sync: true });
    return disguised ? renameImports(component, 'xasi:', 'wasi:') : component;
  } catch (cause) {
    throw buildFailed(cause instanceof Error ? cause.message : String(cause), cause);
  } finally {
    await rm(worker, { recursive: true });
  }
}

/**
 * The snapshot that QuickJS components are built by stands in for imports that it doesn't know, but not for those that refer to
 * resources of the WASI that it does know, as `wasi:http` does. So the build calls all of WASI by another name, and the finished
 * component by its own; of another 0.2 version, as its runtime imports the usual one besides.
 */
function disguise(source: string): string {
  return source.replaceAll(/\bwasi:(?=[a-z-]+[/@])/g, 'xasi:').replaceAll(wasiVersion, '0.2.9');
}
