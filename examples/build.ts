/** Builds the component that the examples run: `node examples/build.ts [FILE]`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { componentize } from 'componentize-qjs';

const at = (name: string) => fileURLToPath(new URL(`tools/${name}`, import.meta.url));
const { component } = await componentize({
  witPath: at('tools.wit'),
  world: 'guest',
  jsSource: readFileSync(at('tools.js'), 'utf8'),
  sync: true,
  optSize: true,
});
writeFileSync(process.argv[2] ?? at('tools.wasm'), component);
