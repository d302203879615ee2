/** What `tsc` does not build: the isolate's one-file bundles, what the command line builds skills with, and the example skills. */
import { copyFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { rolldown } from 'rolldown';
import { buildContractGuest } from './build-contract-guest.ts';
import { buildSkills } from './build-skills.ts';
import { buildStories } from './build-stories.ts';
import { witSource } from './wit-source.ts';

const isolate = resolve('packages/engine/src/isolate');

/** The isolate's script; `channel` is the module that speaks to the supervisor. */
async function bundleIsolate(file: string, channel: string): Promise<void> {
  const bundle = await rolldown({
    input: join(isolate, 'entry.ts'),
    platform: 'node',
    external: [/^node:/],
    resolve: { conditionNames: ['default', 'import'] },
    plugins: [
      {
        name: 'channel',
        resolveId: (source) => (source === './channel.ts' ? join(isolate, channel) : null),
      },
    ],
  });
  await bundle.write({ file: `packages/engine/dist/${file}`, format: 'cjs' });
  await bundle.close();
}

await bundleIsolate('isolate.cjs', 'channel.ts');
await bundleIsolate('isolate-thread.cjs', 'thread-channel.ts');
await buildContractGuest('packages/testing/dist/contract-guest.wasm');

/** The worlds, and jco's adapter for languages that compile to preview 1: jco itself is large, and no dependency of ours. */
const cli = resolve('packages/cli/dist');
const jco = dirname(dirname(createRequire(import.meta.url).resolve('@bytecodealliance/jco')));
const adapter = 'wasi_snapshot_preview1.reactor.wasm';
copyFileSync(join(jco, 'lib', adapter), join(cli, adapter));
writeFileSync(join(cli, 'skill-engine.wit'), witSource('').trimStart());

if (!process.argv.includes('--no-skills')) {
  await buildSkills();
  buildStories();
}
