/** From the SKILL of a command line to the one skill that it means. */
import { lstat } from 'node:fs/promises';
import { SkillError, findSkills } from '@skill-engine/engine';
import type { SkillSource } from '@skill-engine/engine';

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

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch {
    return false;
  }
}
