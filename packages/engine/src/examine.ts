/** Whether the engine can work on this machine, check by check: what `skill doctor` prints. */
import { access, constants, stat } from 'node:fs/promises';
import { openSqliteAuditStore } from './audit/sqlite.ts';
import { SkillError } from './errors.ts';
import { detectLayers, tryLayers } from './isolate/layers.ts';
import { describeIsolation } from './isolate/report.ts';
import { statePlaces, type StatePlaces } from './places.ts';

/** One thing that {@link examine} looked at. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** Without it the engine does not work; the others only make it weaker or slower. */
  readonly required: boolean;
  /** What was found. */
  readonly found: string;
  /** How to put it right; `null` when it is. */
  readonly help: string | null;
}

/** What {@link examine} found. */
export interface Examination {
  readonly checks: readonly Check[];
  /** Whether everything that is required is there. */
  readonly sound: boolean;
}

const OLDEST_NODE = 24;

/** Looks at Node, isolation, the audit store, state and cache. The audit store is opened, and so made if there is none. */
export async function examine(options: { readonly home?: string } = {}): Promise<Examination> {
  const places = statePlaces(options.home);
  const checks = [
    nodeVersion(),
    await isolateStarts(),
    ...(await isolationLayers()),
    await auditStore(places),
    ...(await directories(places)),
  ];
  return { checks, sound: checks.every(({ ok, required }) => ok || !required) };
}

function check(name: string, found: string, help: string | null, required = false): Check {
  return { name, ok: help === null, required, found, help };
}

function nodeVersion(): Check {
  const { node } = process.versions;
  const isOld = Number(node.split('.')[0]) < OLDEST_NODE;
  const help = isOld ? `Use Node ${OLDEST_NODE} or newer.` : null;
  return check('Node', `${node}, ${process.platform} ${process.arch}`, help, true);
}

async function isolateStarts(): Promise<Check> {
  const { layers } = await detectLayers();
  const problem = await tryLayers(layers);
  const help = problem === undefined ? null : 'No skill can run before this is put right.';
  return check('isolate', problem ?? 'starts', help, true);
}

async function isolationLayers(): Promise<Check[]> {
  const { layers } = await describeIsolation();
  return layers.map(({ name, by, stops, help }) =>
    check(name, by === null ? `would stop ${stops}` : `by ${by}; stops ${stops}`, help),
  );
}

async function auditStore({ auditFile }: StatePlaces): Promise<Check> {
  try {
    const store = await openSqliteAuditStore({ path: auditFile });
    try {
      await store.query({ limit: 1 });
    } finally {
      await store.close();
    }
    return check('audit store', `${auditFile} opens and is writable`, null, true);
  } catch (error) {
    return check('audit store', auditFile, SkillError.from(error).message, true);
  }
}

async function directories({ data, cache }: StatePlaces): Promise<Check[]> {
  return [await directory('state', data, true), await directory('cache', cache, false)];
}

async function directory(name: string, path: string, required: boolean): Promise<Check> {
  const named = (found: string, help: string | null) =>
    check(`${name} directory`, found, help, required);
  try {
    const { mode, uid } = await stat(path);
    await access(path, constants.W_OK | constants.X_OK);
    const bits = (mode & 0o777).toString(8).padStart(4, '0');
    if (process.platform === 'win32') return named(path, null);
    if (uid !== process.geteuid?.())
      return named(`${path} belongs to user ${uid}`, 'Give it to the user that runs skills.');
    if ((mode & 0o022) !== 0) {
      return named(`${path} has mode ${bits}: others may write`, `Run: chmod 700 '${path}'`);
    }
    return named(`${path}, mode ${bits}`, null);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return named(`${path} is made at the first use`, null);
    return named(
      `${path} cannot be used (${code})`,
      'Give it to the user that runs skills, or name another one in SKILL_ENGINE_HOME.',
    );
  }
}
