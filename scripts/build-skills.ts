import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assembleScript, toolVersions } from './skill-builders.ts';
import { witSource } from './wit-source.ts';

const skills = fileURLToPath(new URL('../skills-wasm/', import.meta.url));
const scripts = fileURLToPath(new URL('.', import.meta.url));

/** How the example skills that `skill build` knows nothing of are made. */
const builders = {
  'hash-files': (folder: string, wit: string) =>
    assembleScript(join(folder, 'src/main.ts'), wit, { run: 'wasi:cli/run@0.2.12#run' }),
} as const;

/** An example skill that is built. */
export interface BuiltSkill {
  name: keyof typeof builders;
  /** The component. */
  path: string;
  /** False when it was there already, built from the same inputs. */
  built: boolean;
}

/** A digest of everything that a skill is built from. */
function inputsDigest(folder: string): string {
  const files = [
    ...globSync('src/**/*.ts', { cwd: folder }).map((name) => join(folder, name)),
    join(folder, 'world.wit'),
    ...['build-skills.ts', 'skill-builders.ts', 'wit-source.ts'].map((name) => join(scripts, name)),
  ];
  const hash = createHash('sha256');
  for (const file of files.toSorted()) {
    const bytes = readFileSync(file);
    hash.update(`${file.slice(skills.length)} ${bytes.length}\n`).update(bytes);
  }
  return hash.update(witSource()).update(toolVersions()).digest('hex');
}

/** Builds one example skill into its `dist` folder, unless that holds it already. */
async function buildSkill(name: keyof typeof builders): Promise<BuiltSkill> {
  const folder = join(skills, name);
  const path = join(folder, 'dist', `${name}.wasm`);
  const stamp = join(folder, 'dist', 'inputs.sha256');
  const digest = inputsDigest(folder);
  if (existsSync(path) && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) {
    return { name, path, built: false };
  }
  const wit = witSource(readFileSync(join(folder, 'world.wit'), 'utf8'));
  const bytes = await builders[name](folder, wit);
  mkdirSync(join(folder, 'dist'), { recursive: true });
  writeFileSync(`${path}.${process.pid}`, bytes);
  renameSync(`${path}.${process.pid}`, path);
  writeFileSync(stamp, digest);
  return { name, path, built: true };
}

/** Builds the example skills, those whose sources changed since they were built. */
export async function buildSkills(): Promise<BuiltSkill[]> {
  const built: BuiltSkill[] = [];
  for (const name of Object.keys(builders) as (keyof typeof builders)[]) {
    built.push(await buildSkill(name));
  }
  return built;
}

if (import.meta.main) {
  for (const { name, built } of await buildSkills()) {
    console.log(`${name}: ${built ? 'built' : 'unchanged'}`);
  }
}
