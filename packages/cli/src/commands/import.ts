import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { SkillError, escapeText } from '@skill-engine/engine';
import { type CommandLine, type FlagTable, splitArguments, usage } from '../args.ts';
import { importKubiya } from '../import-kubiya.ts';
import type { Imported } from '../import-lines.ts';
import { importWassette } from '../import-wassette.ts';
import { type Shell, write } from '../shell.ts';

export const flags = {
  from: { type: 'string' },
  name: { type: 'string' },
  instance: { type: 'string' },
} as const satisfies FlagTable;

/** Writes a manifest made of another system's policy to standard output, and what it leaves out to standard error. */
export async function importPolicy(args: readonly string[], shell: Shell): Promise<number> {
  const line = splitArguments(args, { verb: 'import', flags });
  const [file, ...more] = line.positionals;
  if (file === undefined || more.length > 0) throw usage('import', 'one FILE is needed');
  const { toml, left } = await imported(file, reader(line.one('from'), file, line));
  await write(shell.stdout, toml);
  for (const entry of left) await write(shell.stderr, `not carried over: ${escapeText(entry)}\n`);
  return 0;
}

function reader(
  from: string | undefined,
  file: string,
  line: CommandLine,
): (text: string) => Imported {
  const given = line.one('name');
  const instance = line.one('instance');
  if (from === 'kubiya') return (text) => importKubiya(text, { skill: given, instance });
  if (from !== 'wassette') throw usage('import', '--from wassette or --from kubiya is needed');
  if (instance !== undefined) throw usage('import', '--instance belongs to --from kubiya');
  const name = given ?? basename(dirname(resolve(file))).toLowerCase();
  if (!/^[a-z0-9][a-z0-9_-]{0,63}$/u.test(name)) {
    throw usage('import', '--name NAME is needed: lower-case letters, digits, "-" and "_"');
  }
  return (text) => importWassette(text, name);
}

async function imported(file: string, read: (text: string) => Imported): Promise<Imported> {
  try {
    return read(await readFile(file, 'utf8'));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SkillError('INVALID_OPTIONS', `${file} cannot be imported: ${escapeText(why)}`, {
      cause,
    });
  }
}
