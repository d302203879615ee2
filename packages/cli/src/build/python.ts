/** Python: componentize-py puts CPython, its library and the skill into one component of some 18 MB and more. */
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildContext, compile, missing, which } from './toolchain.ts';
import { toolsWorld } from './wit.ts';

export async function buildPython(folder: string, context: BuildContext): Promise<Uint8Array> {
  const program = await findProgram(folder, context);
  const output = join(folder, 'build');
  await mkdir(output, { recursive: true });
  const wit = join(output, 'skill.wit');
  await writeFile(wit, await toolsWorld([]));
  const component = join(output, 'component.wasm');
  await rm(component, { force: true });
  const paths = ['-p', folder, '-p', join(folder, 'src')];
  const args = ['-d', wit, '-w', 'skill', 'componentize', ...paths, '-o', component, 'app'];
  // The stack of the builder itself says nothing to an author.
  const environment = { ...context.environment, RUST_BACKTRACE: '0' };
  await compile(program, args, folder, { ...context, environment }, pythonError);
  return readFile(component);
}

/**
 * The error of the skill's own module, without the builder's frames around it: those before `AssertionError:` and the repetition
 * after `Caused by:`. Folders are numbered inside; the first is the skill's.
 */
export function pythonError(text: string): string {
  const [, raised] = /AssertionError: ([^]*)/.exec(text) ?? [];
  if (raised === undefined) return text;
  const [said = ''] = raised.split(/\n\s*\n+Caused by:|\n+Stack backtrace:/);
  return said.replaceAll(/File "\/[01]\//g, 'File "').trim();
}

/** The project's own virtual environment goes before PATH. */
async function findProgram(folder: string, { environment }: BuildContext): Promise<string> {
  const own = join(
    folder,
    '.venv',
    process.platform === 'win32' ? 'Scripts' : 'bin',
    'componentize-py',
  );
  const isThere = await stat(own).then(
    () => true,
    () => false,
  );
  const program = isThere ? own : await which('componentize-py', environment);
  if (program !== undefined) return program;
  throw missing(
    'componentize-py',
    "In the skill's folder: python3 -m venv .venv && .venv/bin/pip install componentize-py",
  );
}
