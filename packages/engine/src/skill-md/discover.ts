/** Finds the skills below the operator's roots: folders with a SKILL.md. No link is followed; everything is bounded. */
import { realpathSync } from 'node:fs';
import { SkillError } from '../errors.ts';
import type { InstalledSkill } from '../install/installed.ts';
import { DirectoryFolder, listDirectory } from './directory-folder.ts';
import type { SkillFolder } from './folder.ts';
import { parseSkillMd, type SkillMd } from './frontmatter.ts';
import { PackageFolder } from './package-folder.ts';

/** Bytes of one SKILL.md. */
const SKILL_MD_BYTES = 512 * 1024;

/** Skills, and entries of directories, below all roots together. */
const SKILLS = 500;
const ENTRIES = 20_000;

export interface FoundSkill {
  readonly folder: SkillFolder;
  /** Without its instructions, which are read when they are asked for. */
  readonly head: Omit<SkillMd, 'instructions'>;
  readonly installed: InstalledSkill | undefined;
}

/** A folder with a SKILL.md that is no skill, or something else that the operator should know. */
export interface DiscoveryProblem {
  /** Path of the folder or file. */
  readonly where: string;
  /** One sentence. */
  readonly message: string;
}

export interface Discovery {
  /** By name. */
  readonly skills: ReadonlyMap<string, FoundSkill>;
  readonly problems: readonly DiscoveryProblem[];
}

/** Reads and validates a SKILL.md as it is now. @throws SkillError SKILL_MD_INVALID */
export function readSkillMd(folder: SkillFolder): SkillMd {
  const where = `${folder.where}/SKILL.md`;
  try {
    return parseSkillMd(folder.read(['SKILL.md'], SKILL_MD_BYTES), folder.name, where);
  } catch (error) {
    const cause = SkillError.from(error);
    if (cause.code === 'SKILL_MD_INVALID') throw cause;
    throw new SkillError('SKILL_MD_INVALID', `${where} is refused. ${cause.message}`, {
      cause,
      details: { file: where },
    });
  }
}

/** @param maxDepth levels below a root at which a skill's folder may lie */
export function discover(
  roots: readonly string[],
  installed: readonly InstalledSkill[],
  maxDepth: number,
): Discovery {
  const problems: DiscoveryProblem[] = [];
  const found: { folder: SkillFolder; installed: InstalledSkill | undefined }[] = [];
  for (const one of installed) {
    if (one.source.files?.has('SKILL.md') === true) {
      found.push({ folder: new PackageFolder(one), installed: one });
    }
  }
  let room = ENTRIES;
  const walk = (root: string, parts: readonly string[]): void => {
    const entries = listDirectory(root, parts, room);
    room -= entries.length;
    if (entries.some(({ name }) => name === 'SKILL.md')) {
      found.push({ folder: new DirectoryFolder(root, parts), installed: undefined });
      return;
    }
    if (parts.length >= maxDepth) return;
    for (const entry of entries) {
      if (room <= 0 || found.length > SKILLS) return;
      if (!entry.isDirectory() || entry.name === 'node_modules') continue;
      try {
        walk(root, [...parts, entry.name]);
      } catch (error) {
        const where = [root, ...parts, entry.name].join('/');
        problems.push({ where, message: SkillError.from(error).message });
      }
    }
  };
  for (const root of roots) walk(realRoot(root), []);
  if (room <= 0 || found.length > SKILLS) {
    problems.push({
      where: roots.join(', '),
      message: `There is too much below the roots: at most ${SKILLS} skills and ${ENTRIES} entries are looked at.`,
    });
  }
  return { skills: readHeads(found.slice(0, SKILLS), problems), problems };
}

function readHeads(
  found: readonly Pick<FoundSkill, 'folder' | 'installed'>[],
  problems: DiscoveryProblem[],
): ReadonlyMap<string, FoundSkill> {
  const byName = new Map<string, FoundSkill[]>();
  for (const { folder, installed } of found) {
    try {
      const { instructions: _later, ...head } = readSkillMd(folder);
      byName.set(head.name, [...(byName.get(head.name) ?? []), { folder, head, installed }]);
      for (const message of head.warnings) problems.push({ where: folder.where, message });
    } catch (error) {
      problems.push({ where: folder.where, message: SkillError.from(error).message });
    }
  }
  const skills = new Map<string, FoundSkill>();
  for (const [name, same] of [...byName].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (same.length === 1) skills.set(name, same[0]!);
    else {
      // Whichever won, a folder that was put there later could take the place of the one that is meant.
      const where = same.map(({ folder }) => folder.where).join(', ');
      problems.push({ where, message: `Several skills are called ${name}; none of them is used.` });
    }
  }
  return skills;
}

function realRoot(root: string): string {
  try {
    return realpathSync.native(root);
  } catch (cause) {
    throw new SkillError('INVALID_OPTIONS', `roots: there is no directory ${root}.`, { cause });
  }
}
