import {
  SkillError,
  SkillStore,
  prepareInstall,
  statePlaces,
  trustLevelOf,
} from '@skill-engine/engine';
import { type CommandLine, type FlagTable, splitArguments, usage } from '../args.ts';
import { type Installed, installOne } from '../installing.ts';
import { jsonText, toJson } from '../json.ts';
import { type Shell, write } from '../shell.ts';
import { escapeText } from '@skill-engine/engine';

export const flags = {
  project: { type: 'boolean' },
  skill: { type: 'string' },
  base: { type: 'string' },
  trust: { type: 'string' },
  accept: { type: 'string' },
  'allow-downgrade': { type: 'boolean' },
  json: { type: 'boolean' },
} as const satisfies FlagTable;

/** A package from a folder, tarball or URL into the operator's store, or the project's. */
export async function install(args: readonly string[], shell: Shell): Promise<number> {
  const line = splitArguments(args, { verb: 'install', flags });
  const [named, ...more] = line.positionals;
  if (named === undefined || more.length > 0) {
    throw usage('install', 'exactly one PATH, TARBALL or URL is needed');
  }
  const trust = line.one('trust');
  const level = trust === undefined ? undefined : trustLevelOf(trust, '--trust');
  const base = line.one('base');
  const candidates = await prepareInstall(named, base === undefined ? {} : { base });
  const wanted = line.one('skill');
  const chosen = candidates.filter(
    ({ package: { name } }) => wanted === undefined || name === wanted,
  );
  if (chosen.length === 0) {
    const names = candidates.map(({ package: { name } }) => name).join(', ');
    throw new SkillError(
      'SKILL_NOT_FOUND',
      `The package has no skill ${JSON.stringify(wanted)}; it has: ${names}.`,
    );
  }
  const done: Installed[] = [];
  for (const candidate of chosen) {
    done.push(
      await installOne(
        {
          store: storeOf(line),
          candidate,
          named,
          accept: line.one('accept'),
          trust: level,
          allowDowngrade: line.has('allow-downgrade'),
          mayAsk: !line.has('json'),
          updates: false,
        },
        shell,
      ),
    );
  }
  await tellInstalled(done, line.has('json'), shell);
  return 0;
}

export function storeOf(line: CommandLine): SkillStore {
  const places = statePlaces();
  return line.has('project') ? SkillStore.project(process.cwd(), places) : SkillStore.user(places);
}

export async function tellInstalled(
  done: readonly Installed[],
  json: boolean,
  shell: Shell,
): Promise<void> {
  const text = json
    ? `${jsonText(toJson({ ok: true, installed: done }))}\n`
    : done.map((one) => `${lineOf(one)}\n`).join('');
  await write(shell.stdout, text);
}

function lineOf({ name, version, digest, trust, signature, replaced, changed }: Installed): string {
  const what = changed ? (replaced === null ? 'installed' : 'updated') : 'already installed:';
  return escapeText(`${what} ${name} ${version} (${trust}; ${signature}) ${digest}`);
}
