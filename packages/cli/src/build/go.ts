/** Go: its own compiler makes a reactor for wasip1 since 1.24; TinyGo, when it is there, a far smaller one. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toolsComponent } from './core-module.ts';
import { withAdapterMemory } from './go-memory.ts';
import { type BuildContext, compile, missing, run, which } from './toolchain.ts';

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
    await requireVersion(go, folder, context);
    await compile(go, args, folder, { ...context, environment });
    // Its own file: Go leaves an output that is up to date as it is, and would be handed what was added already.
    const adapted = join(output, 'adapted.wasm');
    await writeFile(adapted, withAdapterMemory(await readFile(core)));
    return toolsComponent(adapted);
  } else {
    throw missing(
      'Go',
      'Install Go 1.24 or later from https://go.dev/dl, or TinyGo from https://tinygo.org',
    );
  }
  return toolsComponent(core);
}

/** Go says itself, and well, when it is older than go.mod asks for; but not why a reactor cannot be made. */
async function requireVersion(go: string, folder: string, context: BuildContext): Promise<void> {
  const { stdout } = await run(go, ['env', 'GOVERSION'], { ...context, cwd: folder });
  const [, major, minor] = /^go(\d+)\.(\d+)/.exec(stdout) ?? [];
  if (major === undefined || Number(major) > 1 || Number(minor) >= 24) return;
  throw missing(
    'Go 1.24 or later',
    `${go} is ${stdout.trim()}. Install a later one from https://go.dev/dl, or TinyGo from https://tinygo.org`,
  );
}
