/** Paths in arguments, judged by the grants of the skill. */
import { stat } from 'node:fs/promises';
import { dirname, isAbsolute, normalize, resolve } from 'node:path';
import { denyFilesystem, filesystemAccess } from '@skill-engine/engine';
import type { Denial, EffectiveAuthority, EffectiveFilesystem } from '@skill-engine/engine';
import { canonicalPath } from './canonical-path.ts';
import { pathOf, pathWords } from './path-words.ts';

const beneath = (directory: string, path: string): boolean =>
  path === directory || path.startsWith(directory === '/' ? '/' : `${directory}/`);

/** Where each granted path led, without symbolic links, when the skill was opened. */
export type FoundGrants = ReadonlyMap<string, string>;

export async function findGrants({ filesystem }: EffectiveAuthority): Promise<FoundGrants> {
  const found = await Promise.all(
    filesystem.grants.map(async ({ path }) => [path, (await canonicalPath(path)) ?? path] as const),
  );
  return new Map(found);
}

/** Of one call, over all arguments. */
const mostWords = 5000;

/** PATH_MAX of Linux. */
const longestPath = 4096;

/** Judges the paths of one call. Between this and the command's own look at them, they can change. */
export class PathJudge {
  readonly #authority: EffectiveAuthority;
  /** The grants and what is forbidden, as they are found on the disk. */
  readonly #real: EffectiveFilesystem;
  readonly #forbiddenFiles: ReadonlySet<string>;
  readonly #cwd: string;
  readonly #git: boolean;
  readonly #identities = new Map<string, Promise<string | undefined>>();
  #words = 0;

  private constructor(
    authority: EffectiveAuthority,
    real: EffectiveFilesystem,
    forbiddenFiles: ReadonlySet<string>,
    { cwd, git }: { readonly cwd: string; readonly git: boolean },
  ) {
    this.#authority = authority;
    this.#real = real;
    this.#forbiddenFiles = forbiddenFiles;
    this.#cwd = cwd;
    this.#git = git;
  }

  /**
   * @param found where each grant led when the skill was opened, which is all that it gives
   * @param places `scratch`: directory of the call, in which everything is allowed; `git`: whether the skill has git,
   *   which runs what its own files say
   */
  static async of(
    authority: EffectiveAuthority,
    found: FoundGrants,
    places: { readonly cwd: string; readonly scratch: string; readonly git: boolean },
  ): Promise<PathJudge> {
    const { grants, forbidden } = authority.filesystem;
    // Not where they lead now: a skill that may write beside one could have made it a link.
    const real = grants.map(({ path, access }) => ({ path: found.get(path) ?? path, access }));
    const behind = await Promise.all(forbidden.map((path) => canonicalPath(path)));
    const all = [...forbidden, ...behind.filter((path) => path !== undefined)];
    const files = await Promise.all(all.map((path) => identity(path)));
    return new PathJudge(
      authority,
      {
        grants: [...real, { path: places.scratch, access: 'read-write' }],
        forbidden: [...new Set(all)],
      },
      new Set(files.filter((file) => file !== undefined)),
      places,
    );
  }

  /** The first thing in an argument that could be a path and is refused. */
  async judgeArgument(argument: string): Promise<Denial | undefined> {
    const words = pathWords(argument);
    this.#words += words.length;
    // Each is looked up on the disk, part by part.
    if (this.#words > mostWords) {
      return this.#refuse(argument, `more than ${mostWords} parts of the call could be paths`);
    }
    for (const word of words) {
      const denied = await this.judge(word, 'read', true);
      if (denied !== undefined) return denied;
    }
    return undefined;
  }

  /**
   * The first word that is refused when it is read from within a directory that the arguments name: `-C dir link`. Of
   * what has been judged as it stands only links can lead away from there.
   */
  async judgeWithin(args: readonly string[]): Promise<Denial | undefined> {
    const all = new Set(args.flatMap((argument) => pathWords(argument)));
    const words = [...all].filter((word) => pathOf(word) === word && !isAbsolute(word));
    const bases = [this.#cwd];
    for (const base of bases) {
      for (const word of words) {
        const path = normalize(`${base}/${word}`).replace(/\/$/, '');
        this.#words += base === this.#cwd ? 0 : 1;
        if (this.#words > mostWords) {
          return this.#refuse(word, `more than ${mostWords} parts of the call could be paths`);
        }
        const denied = base === this.#cwd ? undefined : await this.judge(path, 'read', true);
        if (denied !== undefined) return denied;
        if (!bases.includes(path) && (await isDirectory(path))) bases.push(path);
      }
    }
    return undefined;
  }

  /**
   * @param word a path, absolute or relative to the working directory
   * @param whole whether a directory is given with all that is in it
   */
  async judge(
    word: string,
    access: 'read' | 'read-write',
    whole = false,
  ): Promise<Denial | undefined> {
    const path = pathOf(word);
    if (path === undefined) return this.#refuse(word, 'it is not known which path this is');
    if (path === '/dev/null') return undefined;
    // As the kernel walks, and as a program does that first cuts `..` out. Longer ones are no paths for a kernel.
    const walked = isAbsolute(path) ? path : `${this.#cwd}/${path}`;
    const lexical = resolve(this.#cwd, normalize(path));
    const forms = new Set([walked, lexical].filter(({ length }) => length <= longestPath));
    for (const form of forms) {
      const canonical = await canonicalPath(form);
      if (canonical === undefined)
        return this.#refuse(word, 'its links lead in circles, or to a name that is no UTF-8');
      const denied = await this.#judgeCanonical(canonical, access, whole);
      if (denied !== undefined) return denied;
    }
    return undefined;
  }

  async #judgeCanonical(
    path: string,
    access: 'read' | 'read-write',
    whole: boolean,
  ): Promise<Denial | undefined> {
    const given = filesystemAccess(this.#real, path);
    const isForbidden = this.#real.forbidden.some(
      (one) => beneath(one, path) || (whole && beneath(path, one)),
    );
    const rule = isForbidden ? 'forbidden' : undefined;
    if (given === 'none' || isForbidden || (access === 'read-write' && given === 'read')) {
      return this.#deny(path, access, rule);
    }
    if (this.#git && /(?:^|\/)\.git(?:\/|$)/i.test(path)) {
      return this.#refuse(
        path,
        'a skill with git names none of its own files: they say what it runs',
      );
    }
    const kind = await kindOf(path);
    if (kind === 'special') {
      return {
        ...this.#refuse(path, 'it is a device, a socket or a pipe'),
        code: 'FILESYSTEM_KIND',
      };
    }
    // The same file or directory under another name, in other letters or by a mount.
    for (let at = path; ; at = dirname(at)) {
      const file = await this.#identity(at);
      if (file !== undefined && this.#forbiddenFiles.has(file)) {
        return this.#deny(path, access, 'forbidden');
      }
      if (at === '/') return undefined;
    }
  }

  #identity(path: string): Promise<string | undefined> {
    const known = this.#identities.get(path) ?? identity(path);
    this.#identities.set(path, known);
    return known;
  }

  #deny(path: string, access: 'read' | 'read-write', rule: string | undefined): Denial {
    return denyFilesystem(this.#authority, { path, operation: 'argument', access, rule });
  }

  #refuse(resource: string, rule: string): Denial {
    const denied = { operation: 'argument', rule, allow: [], count: 1 };
    return { code: 'FILESYSTEM_ESCAPE', resource: resource.slice(0, 1024), ...denied };
  }
}

/** Device and number. */
async function identity(path: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

const isDirectory = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

async function kindOf(path: string): Promise<'usual' | 'special'> {
  try {
    const found = await stat(path);
    return found.isFile() || found.isDirectory() ? 'usual' : 'special';
  } catch {
    return 'usual';
  }
}
