/** Which language a skill's folder is written in, by the file that every project of that language has. */
import { readdir } from 'node:fs/promises';
import { buildFailed } from './toolchain.ts';

export const languages = ['ts', 'js', 'rust', 'c', 'go', 'python'] as const;

export type Language = (typeof languages)[number];

/** The build of a language: JavaScript and TypeScript have one. */
export type BuildKind = 'javascript' | 'rust' | 'c' | 'go' | 'python';

const marks: readonly (readonly [BuildKind, string])[] = [
  ['rust', 'Cargo.toml'],
  ['go', 'go.mod'],
  ['python', 'pyproject.toml'],
  ['javascript', 'package.json'],
];

/** @throws SkillError BUILD_FAILED when the folder has no such file */
export async function detectKind(folder: string): Promise<BuildKind> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw buildFailed(`${folder} cannot be read.`, cause);
  });
  const found = marks.find(([, mark]) => names.includes(mark));
  if (found !== undefined) return found[0];
  const sources = names.includes('src') ? await readdir(`${folder}/src`) : [];
  if ([...names, ...sources].some((name) => name.endsWith('.c'))) return 'c';
  throw buildFailed(
    `${folder} has none of ${marks.map(([, mark]) => mark).join(', ')}, and no .c file in it or in src/, ` +
      'by one of which the language is known.',
  );
}
