/** From the SKILL of a command line to what is loaded: an installed skill by its name, or one by its path. */
import { findInstalled, readPackage } from '@skill-engine/engine';
import type { InstalledSkill, SkillPackage } from '@skill-engine/engine';
import { chooseSkill } from './choose.ts';

export interface Target {
  /** As the command line names it. */
  readonly named: string;
  readonly package: SkillPackage;
  readonly installed: InstalledSkill | undefined;
}

const bareName = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/**
 * A bare name means the installed skill where there is one; `./name` always means the folder.
 *
 * @throws SkillError what `findInstalled`, `findSkills` and `readPackage` throw
 */
export async function chooseTarget(
  named: string,
  manifest: string | undefined,
  name: string | undefined,
): Promise<Target> {
  if (bareName.test(named) && manifest === undefined) {
    const installed = await findInstalled(named);
    if (installed !== undefined) return { named, package: installed.package, installed };
  }
  const package_ = await readPackage(await chooseSkill(named, manifest, name));
  return { named, package: package_, installed: undefined };
}
