import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts'],
    // Every core; the default leaves one to the person at the machine, which is half of a machine with two.
    maxWorkers: '100%',
    // Threads and processes that tests start load several hundred files each: their compiled code is kept.
    env: {
      NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url)),
    },
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
