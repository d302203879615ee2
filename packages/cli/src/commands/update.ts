import { SkillError, prepareInstall, trustLevelOf } from '@skill-engine/engine';
import { type FlagTable, splitArguments, usage } from '../args.ts';
import { installOne } from '../installing.ts';
import type { Shell } from '../shell.ts';
import { storeOf, tellInstalled } from './install.ts';

export const flags = {
  project: { type: 'boolean' },
  trust: { type: 'string' },
  accept: { type: 'string' },
  'allow-downgrade': { type: 'boolean' },
  json: { type: 'boolean' },
} as const satisfies FlagTable;

/** An installed skill from where it came from, or from elsewhere; what changes is shown, what is wider asked for. */
export async function update(args: readonly string[], shell: Shell): Promise<number> {
  const line = splitArguments(args, { verb: 'update', flags });
  const [name, from, ...more] = line.positionals;
  if (name === undefined || more.length > 0) {
    throw usage('update', 'NAME is needed, and at most one PATH, TARBALL or URL');
  }
  const trust = line.one('trust');
  const store = storeOf(line);
  const stored = await store.find(name);
  if (stored === undefined) throw notInstalled(name, line.has('project'));
  const { source, base } = stored.entry;
  const named = from ?? source;
  const candidates = await prepareInstall(named, base === null ? {} : { base });
  const candidate = candidates.find(({ package: package_ }) => package_.name === name);
  if (candidate === undefined) {
    throw new SkillError('SKILL_NOT_FOUND', `${named} has no skill ${JSON.stringify(name)}.`);
  }
  const done = await installOne(
    {
      store,
      candidate,
      named,
      accept: line.one('accept'),
      trust: trust === undefined ? undefined : trustLevelOf(trust, '--trust'),
      allowDowngrade: line.has('allow-downgrade'),
      mayAsk: !line.has('json'),
      updates: true,
    },
    shell,
  );
  await tellInstalled([done], line.has('json'), shell);
  return 0;
}

export function notInstalled(name: string, project: boolean): SkillError {
  const where = project ? "in this folder's store" : 'in your store';
  return new SkillError(
    'SKILL_NOT_FOUND',
    `There is no ${JSON.stringify(name)} ${where}. See what is installed: skill list --installed`,
  );
}
