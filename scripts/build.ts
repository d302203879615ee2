/** What `tsc` does not build: the isolate's one-file bundles and the example skills. */
import { join, resolve } from 'node:path';
import { rolldown } from 'rolldown';
import { buildSkills } from './build-skills.ts';

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
if (!process.argv.includes('--no-skills')) await buildSkills();
