/** What `tsc` does not build: the isolate's one-file bundle and the example skills. */
import { rolldown } from 'rolldown';
import { buildSkills } from './build-skills.ts';

async function bundleIsolate(): Promise<void> {
  const bundle = await rolldown({
    input: 'packages/engine/src/isolate/entry.ts',
    platform: 'node',
    external: [/^node:/],
    resolve: { conditionNames: ['default', 'import'] },
  });
  await bundle.write({ file: 'packages/engine/dist/isolate.cjs', format: 'cjs' });
  await bundle.close();
}

await bundleIsolate();
if (!process.argv.includes('--no-skills')) await buildSkills();
