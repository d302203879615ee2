/** `npm run bench -- [NAME]`: measurements side by side with peers or the bare limit, in one run. */
const benches: Record<string, () => Promise<{ run(args: readonly string[]): Promise<void> }>> = {
  audit: () => import('./audit/main.ts'),
  filesystem: () => import('./filesystem/main.ts'),
  http: () => import('./http/main.ts'),
  invocation: () => import('./invocation.ts'),
  isolation: () => import('./isolation/main.ts'),
  metering: () => import('./metering/main.ts'),
};

const [name = 'invocation', ...args] = process.argv.slice(2);
const load = benches[name];
if (!load) {
  console.error(`No benchmark ${name}; there are: ${Object.keys(benches).join(', ')}.`);
  process.exit(2);
}
await (await load()).run(args);
