/** Go: its own compiler makes a reactor for wasip1 since 1.24; TinyGo, when it is there, a far smaller one. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toolsComponent } from './core-module.ts';
import { withAdapterMemory } from './go-memory.ts';
import { type BuildContext, compile, missing, which } from './toolchain.ts';

export async function buildGo(folder: string, context: BuildContext): Promise<Uint8Array> {
  const output = join(folder, 'build');
  await mkdir(output, { recursive: true });
  const core = join(output, 'core.wasm');
  const tinygo = await which('tinygo', context.environment);
  const go = await which('go', context.environment);
  if (tinygo !== undefined) {
    const args = ['build', '-target=wasip1', '-buildmode=c-shared', '-no-debug', '-o', core, '.'];
    await compile(tinygo, args, folder, context);
  } else if (go !== undefined) {
    const environment = { ...context.environment, GOOS: 'wasip1', GOARCH: 'wasm' };
    const args = ['build', '-buildmode=c-shared', '-trimpath', '-ldflags=-s -w', '-o', core, '.'];
    await compile(go, args, folder, { ...context, environment });
    await writeFile(core, withAdapterMemory(await readFile(core)));
  } else {
    throw missing(
      'Go',
      'Install Go 1.24 or later from https://go.dev/dl, or TinyGo from https://tinygo.org',
    );
  }
  return toolsComponent(core);
}
