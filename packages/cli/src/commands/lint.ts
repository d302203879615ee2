import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import {
  SkillError,
  escapeText,
  findInstalled,
  findSkills,
  fixManifest,
  lint as lintSource,
  operatorHome,
} from '@skill-engine/engine';
import type { Finding, SkillSource } from '@skill-engine/engine';
import { type CommandLine, type FlagTable, splitArguments, usage } from '../args.ts';
import { type Paint, painter } from '../colours.ts';
import { jsonText, toJson } from '../json.ts';
import { type Shell, coloured, write } from '../shell.ts';

export const flags = {
  fix: { type: 'boolean' },
  skill: { type: 'string' },
  json: { type: 'boolean' },
} as const satisfies FlagTable;

interface Linted {
  readonly skill: string;
  readonly findings: readonly Finding[];
  readonly fixed: readonly Finding[];
}

/** Holds manifests against what their components import. Exit code 1 when an error or warning is left. */
export async function lint(args: readonly string[], shell: Shell): Promise<number> {
  const line = splitArguments(args, { verb: 'lint', flags });
  const [named = '.', ...more] = line.positionals;
  if (more.length > 0) throw usage('lint', 'at most one SKILL is needed');
  const linted: Linted[] = [];
  for (const source of await sourcesOf(named, line)) {
    linted.push(await lintOne(source, line.has('fix')));
  }
  const left = linted.flatMap(({ findings }) => findings);
  const ok = left.every(({ severity }) => severity === 'note');
  const paint = painter(coloured(shell, shell.stdout));
  const text = line.has('json')
    ? jsonText(toJson({ ok, skills: linted }))
    : linted.map((one) => textOf(one, paint)).join('\n');
  await write(shell.stdout, `${text}\n`);
  return ok ? 0 : 1;
}

async function sourcesOf(named: string, line: CommandLine): Promise<readonly SkillSource[]> {
  const wanted = line.one('skill');
  const isName = /^[a-z0-9][a-z0-9_-]*$/.test(named);
  const installed = isName ? await findInstalled(named) : undefined;
  if (installed !== undefined) {
    if (line.has('fix')) throw usage('lint', 'what is installed cannot be changed; fix its source');
    return [installed.source];
  }
  const sources = await findSkills(named);
  const chosen = sources.filter(({ manifest }) => wanted === undefined || manifest.name === wanted);
  if (chosen.length > 0) return chosen;
  throw new SkillError('SKILL_NOT_FOUND', `${named} describes no skill ${JSON.stringify(wanted)}.`);
}

async function lintOne(source: SkillSource, fix: boolean): Promise<Linted> {
  const { name, source: at } = source.manifest;
  const findings = await lintSource(source);
  if (!fix || source.manifestText === '') return { skill: name, findings, fixed: [] };
  // Read again: another skill of the same file may have been fixed just now, and then its lines have moved.
  const text = await readFile(at.file, 'utf8');
  const places = { baseDir: source.baseDir, home: operatorHome() };
  const current = text === source.manifestText ? findings : await againOf(source, at.file);
  const result = fixManifest(text, name, current, places);
  if (result.text !== text) await replace(at.file, result.text);
  return {
    skill: name,
    findings: current.filter((one) => !result.fixed.includes(one)),
    fixed: result.fixed,
  };
}

async function againOf(source: SkillSource, file: string): Promise<readonly Finding[]> {
  const again = (await findSkills(file)).find(
    ({ manifest }) => manifest.name === source.manifest.name,
  );
  return again === undefined ? [] : lintSource(again);
}

async function replace(file: string, text: string): Promise<void> {
  const draft = `${file}.${randomUUID()}`;
  try {
    await writeFile(draft, text, { flag: 'wx' });
    await rename(draft, file);
  } catch (cause) {
    throw new SkillError('STATE_UNAVAILABLE', `${file} cannot be written.`, { cause });
  } finally {
    await rm(draft, { force: true });
  }
}

const colours = { error: 'red', warning: 'yellow', note: 'cyan' } as const;

function textOf({ skill, findings, fixed }: Linted, paint: Paint): string {
  const lines = fixed.map((one) => `${place(one)}: fixed ${one.id}: ${escapeText(one.message)}`);
  for (const one of findings) {
    const { severity, id, message } = one;
    lines.push(
      `${place(one)}: ${paint(severity, colours[severity])} ${id}: ${escapeText(message)}`,
    );
    if (one.lines.length === 0) lines.push('    take it out');
    for (const text of one.lines) lines.push(`    ${escapeText(text)}`);
  }
  if (findings.length === 0) lines.push(`${escapeText(skill)}: nothing left to say`);
  return lines.join('\n');
}

function place({ source: { file, line, column } }: Finding): string {
  return escapeText(`${file}:${line}:${column}`);
}
