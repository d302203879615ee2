import { type FlagTable, splitArguments, usage } from '../args.ts';
import { jsonText, toJson } from '../json.ts';
import { type Shell, write } from '../shell.ts';
import { storeOf } from './install.ts';
import { notInstalled } from './update.ts';

export const flags = {
  project: { type: 'boolean' },
  json: { type: 'boolean' },
} as const satisfies FlagTable;

/** An installed skill, its files and its approval go; records of what it did stay. */
export async function remove(args: readonly string[], shell: Shell): Promise<number> {
  const line = splitArguments(args, { verb: 'remove', flags });
  const [name, ...more] = line.positionals;
  if (name === undefined || more.length > 0) throw usage('remove', 'exactly one NAME is needed');
  if (!(await storeOf(line).remove(name))) throw notInstalled(name, line.has('project'));
  const json = line.has('json');
  await write(
    shell.stdout,
    json ? `${jsonText(toJson({ ok: true, removed: name }))}\n` : `removed ${name}\n`,
  );
  return 0;
}
