/** From a name in the manifest to a file, once; and whether it is still the same file. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, constants, open, realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { SkillError } from '@skill-engine/engine';

/** A command that may be run. */
export interface ResolvedCommand {
  /** As the manifest names it. */
  readonly name: string;
  /** What is executed: absolute, and without symbolic links unless the command is told by its name what it is. */
  readonly path: string;
  /** The file, without symbolic links. */
  readonly file: string;
  /** Of its bytes, when it was resolved. */
  readonly sha256: string;
  readonly identity: string;
}

/** Directories that commands are looked for in, in order. */
export const defaultSearchPath: readonly string[] = [
  '/usr/local/bin',
  '/usr/bin',
  '/bin',
  '/usr/local/sbin',
  '/usr/sbin',
  '/sbin',
  '/opt/homebrew/bin',
];

/** Where a command may not come from. */
export interface Untrusted {
  /** Directory of the skill. */
  readonly baseDir: string;
  /** What the skill may write. */
  readonly writable: readonly string[];
}

const below = (directory: string, path: string): boolean =>
  path === directory || path.startsWith(directory === '/' ? '/' : `${directory}/`);

/** The directories of the search path that exist and that nobody else can put files into. */
export async function usableSearchPath(
  directories: readonly string[],
  untrusted: Untrusted,
): Promise<readonly string[]> {
  const usable: string[] = [];
  for (const directory of directories) {
    const found = await realpath(directory).catch(() => undefined);
    if (found !== undefined && (await whyNot(found, untrusted)) === undefined)
      usable.push(directory);
  }
  return usable;
}

/**
 * @throws SkillError COMPONENT_NOT_FOUND for a command that is not there, RUNTIME_UNSUPPORTED for a file that others
 *   could have written, or that gives rights
 */
export async function resolveCommand(
  name: string,
  searchPath: readonly string[],
  untrusted: Untrusted,
): Promise<ResolvedCommand> {
  const places = isAbsolute(name)
    ? [name]
    : name.includes('/')
      ? []
      : searchPath.map((one) => join(one, name));
  let why = `it is not in ${searchPath.join(', ')}`;
  for (const place of places) {
    const file = await realpath(place).catch(() => undefined);
    if (file === undefined) continue;
    const problem =
      (await problemOf(file, untrusted)) ?? (await problemOfInterpreter(file, untrusted));
    if (problem === undefined) return describe(name, place, file);
    why = `${place}: ${problem}`;
    // The first one that is there counts: to look further would run another than the name says.
    throw refuse('RUNTIME_UNSUPPORTED', name, why);
  }
  if (isAbsolute(name)) why = 'there is no such file';
  throw refuse('COMPONENT_NOT_FOUND', name, why);
}

function refuse(code: 'COMPONENT_NOT_FOUND' | 'RUNTIME_UNSUPPORTED', name: string, why: string) {
  return new SkillError(code, `The command ${JSON.stringify(name)} cannot be run: ${why}.`, {
    details: { command: name },
  });
}

async function problemOf(file: string, untrusted: Untrusted): Promise<string | undefined> {
  const found = await stat(file);
  if (!found.isFile()) return 'it is no regular file';
  if ((found.mode & 0o002) !== 0) return 'everybody may write it';
  if ((found.mode & 0o6000) !== 0)
    return 'it gives the rights of another user or group (setuid, setgid)';
  if (
    !(await access(file, constants.X_OK).then(
      () => true,
      () => false,
    ))
  )
    return 'it is not executable';
  return whyNot(dirname(file), untrusted);
}

async function problemOfInterpreter(
  file: string,
  untrusted: Untrusted,
): Promise<string | undefined> {
  const named = await interpreterOf(file);
  if (named === undefined) return undefined;
  const interpreter = await realpath(named).catch(() => undefined);
  if (interpreter === undefined) return `there is no ${named}, which is to run it`;
  const problem = await problemOf(interpreter, untrusted);
  return problem === undefined ? undefined : `${named}, which runs it: ${problem}`;
}

/** What stands behind the `#!` of a script. */
async function interpreterOf(file: string): Promise<string | undefined> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(256), 0, 256, 0);
    const line = buffer.subarray(0, bytesRead).toString().split('\n', 1)[0]!;
    return /^#![ \t]*([^ \t]+)/.exec(line)?.[1];
  } finally {
    await handle.close();
  }
}

/** Why files of the directory cannot be trusted. */
async function whyNot(
  directory: string,
  { baseDir, writable }: Untrusted,
): Promise<string | undefined> {
  if (below(baseDir, directory)) return "it is in the skill's own directory";
  if (writable.some((one) => below(one, directory) || below(directory, one))) {
    return 'the skill may write there';
  }
  for (let at = directory; ; at = dirname(at)) {
    const { mode } = await stat(at);
    const isSticky = (mode & 0o1000) !== 0;
    // Where everybody may add names but not take others' away, only the directory itself is in doubt.
    if ((mode & 0o002) !== 0 && (at === directory || !isSticky))
      return `everybody may write to ${at}`;
    if (at === '/') return undefined;
  }
}

async function describe(name: string, place: string, file: string): Promise<ResolvedCommand> {
  const identity = await identityWith(file);
  const path = basename(file) === basename(name) ? file : place;
  return { name, path, file, identity, sha256: await digest(file) };
}

/** Of a script, with that of its interpreter. */
async function identityWith(file: string): Promise<string> {
  const interpreter = await interpreterOf(file);
  const own = await identityOf(file);
  return interpreter === undefined ? own : `${own} ${await identityOf(interpreter)}`;
}

async function identityOf(file: string): Promise<string> {
  const { dev, ino, size, mode, uid, gid, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
  return [dev, ino, size, mode, uid, gid, mtimeNs, ctimeNs].join(':');
}

async function digest(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Whether the file is still the one that was resolved. The time of its last change of any kind cannot be set back. */
export async function isUnchanged(command: ResolvedCommand): Promise<boolean> {
  try {
    return (
      (await realpath(command.path)) === command.file &&
      (await identityWith(command.file)) === command.identity
    );
  } catch {
    return false;
  }
}

/** One digest for all: that of the only file, or of the list of digests and names. */
export function digestOfAll(commands: readonly ResolvedCommand[]): string {
  const [first] = commands;
  if (commands.length === 1 && first) return first.sha256;
  const lines = commands.map(({ sha256, name }) => `${sha256}  ${name}\n`).toSorted();
  return createHash('sha256').update(lines.join('')).digest('hex');
}
