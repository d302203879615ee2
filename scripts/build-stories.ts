/** The example skills in JavaScript and TypeScript with npm packages, by `skill build` as their authors would. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** All that a build is made of: sources, the guest package, the builder, the locked packages. */
function inputsDigest(folder: string): string {
  const hash = createHash('sha256');
  const files = [
    ...globSync('{src/**/*,package.json}', { cwd: folder }).map((name) => join(folder, name)),
    ...globSync('packages/{guest/src,cli/src/build}/*.ts', { cwd: root }).map((name) =>
      join(root, name),
    ),
    join(root, 'package.json'),
  ];
  for (const file of files.toSorted().filter((name) => /\.\w+$/.test(name)))
    hash.update(readFileSync(file));
  return hash.digest('hex');
}

/** Builds what changed. */
export function buildStories(): void {
  for (const manifest of globSync('skills-wasm/*/package.json', { cwd: root })) {
    const folder = join(root, dirname(manifest));
    const stamp = join(folder, 'dist', 'inputs.sha256');
    const digest = inputsDigest(folder);
    const component = join(folder, 'dist', `${basename(folder)}.wasm`);
    if (existsSync(component) && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest)
      continue;
    execFileSync(process.execPath, [join(root, 'packages/cli/bin/skill.js'), 'build', folder], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    writeFileSync(stamp, digest);
  }
}
