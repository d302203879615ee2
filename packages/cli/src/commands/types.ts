import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SkillError, escapeText } from '@skill-engine/engine';
import { type FlagTable, splitArguments, usage } from '../args.ts';
import { type Shell, write } from '../shell.ts';
import { type Declarations, declarationsOf } from '../wit-types.ts';

export const flags = {
  out: { type: 'string' },
} as const satisfies FlagTable;

/** For embedders: writes a declaration file for each interface, and says which. */
export async function types(args: readonly string[], shell: Shell): Promise<number> {
  const line = splitArguments(args, { verb: 'types', flags });
  const [file, ...named] = line.positionals;
  if (file === undefined) throw usage('types', 'one FILE of WIT is needed');
  const folder = line.one('out') ?? '.';
  const declarations = await declared(file, named);
  await mkdir(folder, { recursive: true });
  for (const [name, text] of declarations) {
    await writeFile(join(folder, name), text);
    await write(shell.stdout, `${escapeText(join(folder, name))}\n`);
  }
  return 0;
}

async function declared(file: string, named: readonly string[]): Promise<Declarations> {
  try {
    return await declarationsOf(await readFile(file, 'utf8'), named);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SkillError('INVALID_OPTIONS', `${file} has no types: ${escapeText(why)}`, { cause });
  }
}
