/** From the SKILL of a command line to the one skill that it means. */
import { lstat } from 'node:fs/promises';
import { SkillError, findSkills } from '@skill-engine/engine';
import type { Skill, SkillSource } from '@skill-engine/engine';
import { usage } from './args.ts';

const forms =
  'SKILL is an installed name, a folder with a skill.toml or skills.toml, a manifest file (.toml), or a component file (.wasm).';

/**
 * @param name the skill's name, needed where a manifest has several
 * @throws SkillError SKILL_NOT_FOUND, and what `findSkills` throws
 */
export async function chooseSkill(
  path: string,
  manifest: string | undefined,
  name: string | undefined,
): Promise<SkillSource> {
  if (!(await exists(path))) {
    throw new SkillError(
      'SKILL_NOT_FOUND',
      `There is no ${JSON.stringify(path)}, neither installed nor here. ${forms} See what is installed: skill list --installed`,
    );
  }
  const sources = await findSkills(path, manifest);
  const [only] = sources;
  if (name === undefined && sources.length === 1 && only !== undefined) return only;
  const names = sources.map((source) => source.manifest.name);
  const chosen = sources[names.indexOf(name ?? '')];
  if (chosen !== undefined) return chosen;
  throw new SkillError(
    'SKILL_NOT_FOUND',
    name === undefined
      ? `${path} describes ${sources.length} skills: ${names.join(', ')}. Choose one with --skill NAME.`
      : `${path} describes no skill ${JSON.stringify(name)}; it has: ${names.join(', ')}.`,
  );
}

/** The tool that a command line means: the one that it names, or the only one. */
export function chooseTool(skill: Skill, tool: string | undefined, verb: string): string {
  const [only] = skill.tools;
  if (tool !== undefined) return tool;
  if (skill.tools.length === 1 && only !== undefined) return only.name;
  const known = skill.tools.map(({ name }) => name).join(', ');
  throw usage(verb, `TOOL is missing; ${skill.name} has: ${known}`);
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch {
    return false;
  }
}
