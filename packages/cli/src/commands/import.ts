import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { SkillError, escapeText } from '@skill-engine/engine';
import { type FlagTable, splitArguments, usage } from '../args.ts';
import { importWassette, type Imported } from '../import-wassette.ts';
import { type Shell, write } from '../shell.ts';

export const flags = {
  from: { type: 'string' },
  name: { type: 'string' },
} as const satisfies FlagTable;

/** Writes a manifest made of another system's policy to standard output, and what it leaves out to standard error. */
export async function importPolicy(args: readonly string[], shell: Shell): Promise<number> {
  const line = splitArguments(args, { verb: 'import', flags });
  const [file, ...more] = line.positionals;
  if (file === undefined || more.length > 0) throw usage('import', 'one FILE is needed');
  if (line.one('from') !== 'wassette') throw usage('import', '--from wassette is needed');
  const name = line.one('name') ?? basename(dirname(resolve(file))).toLowerCase();
  if (!/^[a-z0-9][a-z0-9_-]{0,63}$/u.test(name)) {
    throw usage('import', '--name NAME is needed: lower-case letters, digits, "-" and "_"');
  }
  const { toml, left } = await read(file, name);
  await write(shell.stdout, toml);
  for (const entry of left) await write(shell.stderr, `not carried over: ${escapeText(entry)}\n`);
  return 0;
}

async function read(file: string, name: string): Promise<Imported> {
  try {
    return importWassette(await readFile(file, 'utf8'), name);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SkillError('INVALID_OPTIONS', `${file} cannot be imported: ${escapeText(why)}`, {
      cause,
    });
  }
}
