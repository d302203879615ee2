import { readFile, rename, writeFile } from 'node:fs/promises';
import { SkillError, escapeText } from '@skill-engine/engine';
import { type FlagTable, splitArguments, usage } from '../args.ts';
import { withDocs } from '../package-docs.ts';
import { type Shell, write } from '../shell.ts';
import { docsOf } from '../wit-docs.ts';

export const flags = {} as const satisfies FlagTable;

/** For authors: puts the doc comments of WIT into a component, where the engine finds its tools' descriptions. */
export async function describe(args: readonly string[], shell: Shell): Promise<number> {
  const line = splitArguments(args, { verb: 'describe', flags });
  const [component, ...sources] = line.positionals;
  if (component === undefined || sources.length === 0) {
    throw usage('describe', 'a COMPONENT and a file of WIT are needed');
  }
  const wit = await Promise.all(sources.map((path) => readText(path)));
  const docs = docsOf(wit.join('\n'));
  const described = [
    ...Object.values(docs.interfaces),
    ...Object.values(docs.worlds).flatMap((world) => [
      { funcs: world.func_exports },
      ...Object.values(world.interface_exports),
    ]),
  ].flatMap(({ funcs }) => Object.keys(funcs));
  if (described.length === 0) {
    throw new SkillError(
      'INVALID_OPTIONS',
      `${sources.join(', ')}: no function has a doc comment.`,
    );
  }
  const bytes = await readFile(component).catch(unreadable(component));
  try {
    await writeFile(`${component}.${process.pid}`, withDocs(bytes, docs));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SkillError('INVALID_OPTIONS', `${component} is not described: ${why}.`, { cause });
  }
  await rename(`${component}.${process.pid}`, component);
  await write(shell.stdout, `${escapeText(component)}: ${described.length} described\n`);
  return 0;
}

function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(unreadable(path));
}

function unreadable(path: string): (cause: unknown) => never {
  return (cause) => {
    throw new SkillError('INVALID_OPTIONS', `${path} cannot be read.`, { cause });
  };
}
