/** C: clang with a WASI C library (Debian's wasi-libc, or the wasi-sdk), or Zig, which has both. */
import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { toolsComponent } from './core-module.ts';
import { type BuildContext, buildFailed, compile, missing, which } from './toolchain.ts';

const flags = [
  '-Os',
  '-std=gnu17',
  '-D_GNU_SOURCE',
  '-Wall',
  '-mexec-model=reactor',
  '-Wl,--strip-all',
];

export async function buildC(folder: string, context: BuildContext): Promise<Uint8Array> {
  const [program, ...args] = await compiler(context);
  const sources = await sourcesOf(folder);
  const output = join(folder, 'build');
  await mkdir(output, { recursive: true });
  const core = join(output, 'core.wasm');
  await compile(program!, [...args, ...flags, '-o', core, ...sources], folder, context);
  return toolsComponent(core);
}

async function sourcesOf(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const place of ['.', 'src']) {
    const names = await readdir(join(folder, place)).catch(() => []);
    found.push(...names.filter((name) => name.endsWith('.c')).map((name) => join(place, name)));
  }
  if (found.length === 0) throw buildFailed(`${folder} has no .c file.`);
  return found.toSorted();
}

/** Debian's wasi-libc puts its headers where its clang finds them by the target; the wasi-sdk brings a whole sysroot. */
export async function compiler({ environment }: BuildContext): Promise<string[]> {
  const sdk = environment['WASI_SDK_PATH'];
  if (sdk !== undefined && (await exists(join(sdk, 'bin/clang')))) {
    return [join(sdk, 'bin/clang'), '--target=wasm32-wasip1'];
  }
  const clang = await which('clang', environment);
  const linker = await which('wasm-ld', environment);
  if (
    clang !== undefined &&
    linker !== undefined &&
    (await exists('/usr/lib/wasm32-wasi/libc.a'))
  ) {
    return [clang, '--target=wasm32-wasi'];
  }
  const zig = await which('zig', environment);
  if (zig !== undefined) return [zig, 'cc', '--target=wasm32-wasi'];
  throw missing(
    'A C compiler for WASI',
    'One of: apt install clang lld wasi-libc libclang-rt-dev-wasm32 (Debian, Ubuntu); ' +
      'the wasi-sdk (https://github.com/WebAssembly/wasi-sdk), with WASI_SDK_PATH set to it; Zig (https://ziglang.org) on PATH.',
  );
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
