/** Rust: cargo, for the target wasm32-wasip1 (called wasm32-wasi before Rust 1.78). */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { toolsComponent } from './core-module.ts';
import { type BuildContext, buildFailed, compile, missing, run, which } from './toolchain.ts';

const targets = ['wasm32-wasip1', 'wasm32-wasi'];

export async function buildRust(folder: string, context: BuildContext): Promise<Uint8Array> {
  const cargo = await which('cargo', context.environment);
  if (cargo === undefined) {
    throw missing(
      'Rust',
      'Install it from https://rustup.rs, then: rustup target add wasm32-wasip1',
    );
  }
  const { target, rustc } = await findTarget(context);
  const environment = { ...context.environment, RUSTC: rustc };
  await compile(cargo, ['build', '--release', '--quiet', '--target', target], folder, {
    ...context,
    environment,
  });
  const output = join(folder, 'target', target, 'release');
  const modules = (await readdir(output)).filter((name) => name.endsWith('.wasm'));
  if (modules.length !== 1) {
    throw buildFailed(
      `Cargo.toml must make one library with crate-type = ["cdylib"]; ${output} has ${modules.length} modules.`,
    );
  }
  return toolsComponent(join(output, modules[0]!));
}

/** A compiler that has the target's standard library: the usual one, or the one of the distribution. */
async function findTarget({
  environment,
}: BuildContext): Promise<{ target: string; rustc: string }> {
  const usual = environment['RUSTC'] ?? (await which('rustc', environment));
  for (const rustc of [usual, '/usr/bin/rustc']) {
    for (const target of rustc === undefined ? [] : targets) {
      if (await hasTarget(rustc!, target, environment)) return { target, rustc: rustc! };
    }
  }
  throw missing(
    'The Rust target wasm32-wasip1',
    "Add it with: rustup target add wasm32-wasip1 (with Debian's Rust: apt install libstd-rust-dev-wasm32)",
  );
}

async function hasTarget(
  rustc: string,
  target: string,
  environment: BuildContext['environment'],
): Promise<boolean> {
  const args = ['--print', 'target-libdir', '--target', target];
  const ran = await run(rustc, args, { cwd: '/', environment }).catch(() => undefined);
  if (ran?.code !== 0) return false;
  return stat(ran.stdout.trim()).then(
    () => true,
    () => false,
  );
}
