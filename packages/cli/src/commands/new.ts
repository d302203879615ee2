import { SkillError } from '@skill-engine/engine';
import { type FlagTable, splitArguments, usage } from '../args.ts';
import { type Language, languages } from '../build/language.ts';
import { jsonText, toJson } from '../json.ts';
import { createProject, nextSteps, templatesOf } from '../project.ts';
import { type Shell, say, write } from '../shell.ts';

export const flags = {
  lang: { type: 'string' },
  template: { type: 'string' },
  json: { type: 'boolean' },
} as const satisfies FlagTable;

/** A new skill's project: manifest, source, test, README, in a folder of its own. */
export async function newSkill(args: readonly string[], shell: Shell): Promise<number> {
  const line = splitArguments(args, { verb: 'new', flags });
  const [path, ...more] = line.positionals;
  if (path === undefined || more.length > 0) throw usage('new', 'exactly one NAME is needed');
  const language = languageOf(line.one('lang'));
  const templates = await templatesOf(language);
  const template = line.one('template') ?? 'tool';
  if (!templates.includes(template)) {
    throw usage('new', `--template for ${language} is one of: ${templates.join(', ')}`);
  }
  const { folder, files } = await createProject(path, language, template);
  const steps = nextSteps(language);
  if (line.has('json')) {
    await write(shell.stdout, `${jsonText(toJson({ ok: true, folder, files, next: steps }))}\n`);
    return 0;
  }
  await write(shell.stdout, files.map((file) => `${path}/${file}\n`).join(''));
  await say(shell, `Next:\n${[`cd ${path}`, ...steps].map((step) => `  ${step}\n`).join('')}`);
  return 0;
}

function languageOf(text: string | undefined): Language {
  const found = languages.find((language) => language === text);
  if (found !== undefined) return found;
  throw new SkillError(
    'INVALID_OPTIONS',
    `skill new: --lang is one of ${languages.join(', ')}${text === undefined ? '' : `, not ${JSON.stringify(text)}`}.`,
  );
}
