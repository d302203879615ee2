/** The directories of the state, and the modes of the files in them. */
import { access, constants, lstat, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { StatePlaces } from '../places.ts';
import { type Check, fine, problem } from './check.ts';
import { examineSpace } from './space.ts';

export async function examineDirectories({ data, cache }: StatePlaces): Promise<Check[]> {
  return [
    await directory('state directory', data),
    await directory('cache directory', cache),
    ...(await examineSpace(await nearest(join(data, 'audit.sqlite')))),
    ...(await looseFiles(data)),
  ];
}

async function directory(name: string, path: string): Promise<Check> {
  const unusable = (found: string) =>
    problem(
      name,
      found,
      'Nothing can be recorded or kept there, so nothing runs.',
      'Give it to the user that runs skills, or name another one in SKILL_ENGINE_HOME.',
    );
  try {
    const stats = await stat(path);
    if (!stats.isDirectory()) return unusable(`${path} is not a directory`);
    await access(path, constants.W_OK | constants.X_OK);
    if (process.geteuid === undefined) return fine(name, path);
    const { mode, uid } = stats;
    if (uid !== process.geteuid()) return unusable(`${path} belongs to user ${uid}`);
    if ((mode & 0o022) === 0) return fine(name, `${path}, mode ${octal(mode)}`);
    return problem(
      name,
      `${path} has mode ${octal(mode)}: others may write`,
      'Others could put a store, a lock or code of theirs there.',
      `Run: chmod 700 '${path}'`,
    );
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') return unusable(`${path} cannot be used (${code})`);
    const above = await nearest(path);
    const refusal = await access(above, constants.W_OK | constants.X_OK).then(
      () => undefined,
      (cause: NodeJS.ErrnoException) => cause.code,
    );
    if (refusal === undefined) return fine(name, `${path} is made at the first use`);
    return unusable(`${path} cannot be made: ${above} is not writable (${refusal})`);
  }
}

/** The nearest folder above that is there. */
async function nearest(path: string): Promise<string> {
  const above = dirname(path);
  if (above === path) return path;
  return stat(above).then(
    () => above,
    () => nearest(above),
  );
}

const secret =
  /^(?:audit\.sqlite(?:-wal|-shm|\.key|\.signing|\.head)?|credentials\.enc|lock\.key|cache\.key)$/;
const settings = /^(?:skills\.lock|trust\.json|acceptances\.json)$/;

/** What others may read of the secret files, or write of any that the engine trusts. */
async function looseFiles(data: string): Promise<Check[]> {
  if (process.getuid === undefined) return [];
  const checks: Check[] = [];
  for (const name of (await readdir(data).catch(() => [])).toSorted()) {
    const forbidden = secret.test(name) ? 0o077 : settings.test(name) ? 0o022 : 0;
    const path = join(data, name);
    const stats = await lstat(path).catch(() => undefined);
    if (stats === undefined || !stats.isFile() || (stats.mode & forbidden) === 0) continue;
    const others = (stats.mode & 0o022) === 0 ? 'read' : 'write';
    checks.push(
      problem(
        name,
        `${path} has mode ${octal(stats.mode)}: others may ${others} it`,
        'The engine refuses a file that is not its user’s alone. Others may have read or changed what is in it.',
        `Find out who could, then run: chmod 600 '${path}'`,
      ),
    );
  }
  return checks;
}

function octal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, '0');
}
