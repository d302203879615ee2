/** A project from a template: files with `{{words}}` replaced, of the language and of its template. */
import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SkillError } from '@skill-engine/engine';
import type { Language } from './build/language.ts';
import { version } from './version.ts';

const templates = fileURLToPath(new URL('../templates/', import.meta.url));

/** Versions that generated projects name; those that this command was tried with. */
const versions: Words = {
  version,
  'componentize-qjs': '0.4.5',
  rolldown: '1.3.2',
  typescript: '7.0.2',
  zod: '4.6.7',
};

/** The names for `--template`. */
export async function templatesOf(language: Language): Promise<string[]> {
  const names = await readdir(join(templates, language));
  return names.filter((name) => name !== 'common').toSorted();
}

/** The commands that follow `skill new`. */
export function nextSteps(language: Language): string[] {
  if (language === 'ts' || language === 'js') return ['npm install', 'npm test', 'npm run dev'];
  const python = 'python3 -m venv .venv && .venv/bin/pip install componentize-py';
  return [...(language === 'python' ? [python] : []), 'skill build', 'skill test'];
}

/**
 * Writes the files; nothing that is there is touched.
 *
 * @throws SkillError INVALID_OPTIONS: no name for a skill, or the folder is there and not empty, or cannot be written
 */
export async function createProject(
  path: string,
  language: Language,
  template: string,
): Promise<{ folder: string; files: string[] }> {
  const folder = resolve(path);
  const name = basename(folder);
  if (!/^[a-z0-9][a-z0-9_-]{0,63}$/.test(name)) {
    throw new SkillError(
      'INVALID_OPTIONS',
      `${JSON.stringify(name)} is no name for a skill: 1 to 64 of a-z, 0-9, _ and -, beginning with a letter or digit.`,
    );
  }
  const there = await readdir(folder).catch((cause: unknown) => {
    if (codeOf(cause) === 'ENOENT') return [];
    throw notWritable(path, cause);
  });
  // A repository that was begun before its first skill is as good as empty.
  if (there.some((file) => file !== '.git')) {
    throw new SkillError(
      'INVALID_OPTIONS',
      `${path} is there already, and not empty. Choose another name, or an empty folder.`,
    );
  }
  const words = { ...versions, name, crate: name.replaceAll('-', '_') };
  const files: string[] = [];
  for (const part of ['common', template]) {
    for (const file of await filesBeneath(join(templates, language, part))) {
      const text = await readFile(join(templates, language, part, file), 'utf8');
      const target = targetOf(file, words);
      await writeNew(join(folder, target), fill(text, words)).catch((cause: unknown) => {
        throw notWritable(path, cause);
      });
      files.push(target);
    }
  }
  return { folder, files: files.toSorted() };
}

async function writeNew(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text, { flag: 'wx' });
}

const codeOf = (cause: unknown) => (cause as NodeJS.ErrnoException).code;

function notWritable(path: string, cause: unknown): SkillError {
  const reasons: Readonly<Record<string, string>> = {
    EEXIST: 'a file has that name',
    ENOTDIR: 'a file is in the way',
    EACCES: 'you may not write there',
    EPERM: 'you may not write there',
    EROFS: 'that file system is read-only',
    ENOSPC: 'the disk is full',
  };
  const why = reasons[codeOf(cause) ?? ''] ?? (cause instanceof Error ? cause.message : `${cause}`);
  return new SkillError('INVALID_OPTIONS', `No project can be made at ${path}: ${why}.`, { cause });
}

async function filesBeneath(folder: string): Promise<string[]> {
  const there = await stat(folder).catch(() => undefined);
  if (there === undefined) return [];
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

/** Names begin with `_` where a tool would take the template itself for a project. */
function targetOf(file: string, words: Words): string {
  return fill(join(dirname(file), basename(file).replace(/^_/, '')), words);
}

type Words = Readonly<Record<string, string>>;

function fill(text: string, words: Words): string {
  return text.replaceAll(/\{\{([a-z-]+)\}\}/g, (whole, word: string) => words[word] ?? whole);
}
