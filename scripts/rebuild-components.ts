/**
 * Builds the components of the example skills whose compilers are not on npm, and writes the digest of each into its manifest: they are
 * in the repository, since few machines have all of the compilers. `skill build` says what is missing.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const skills = fileURLToPath(new URL('../skills-wasm/', import.meta.url));
const cli = fileURLToPath(new URL('../packages/cli/bin/skill.js', import.meta.url));

for (const name of process.argv.length > 2
  ? process.argv.slice(2)
  : ['archive-list', 'search-text']) {
  const folder = join(skills, name);
  const answer = execFileSync(process.execPath, [cli, 'build', folder, '--json'], {
    encoding: 'utf8',
  });
  const { sha256, bytes } = JSON.parse(answer) as { sha256: string; bytes: number };
  const manifest = join(folder, 'skill.toml');
  const text = readFileSync(manifest, 'utf8');
  writeFileSync(manifest, text.replace(/^sha256 = ".*"$/m, `sha256 = "${sha256}"`));
  console.log(`${name}: ${bytes} bytes, ${sha256}`);
}
