/** `npm run bench -- [NAME]`: measurements side by side with peers or the bare limit, in one run. */
const benches: Record<string, () => Promise<{ run(args: readonly string[]): Promise<void> }>> = {
  filesystem: () => import('./filesystem/main.ts'),
  invocation: () => import('./invocation.ts'),
  metering: () => import('./metering/main.ts'),
};

const [name = 'invocation', ...args] = process.argv.slice(2);
const load = benches[name];
if (!load) {
  console.error(`No benchmark ${name}; there are: ${Object.keys(benches).join(', ')}.`);
  process.exit(2);
}
await (await load()).run(args);
