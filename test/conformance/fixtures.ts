/**
 * `npx node test/conformance/fixtures.ts FOLDER…`: loads every `.wasm` file beneath the folders as the engine does
 * (read, survey, transpile, meter, compile in an isolate) and instantiates it there, or says why it is refused; and lists
 * its tools. What is refused only for its imports is looked at once more with stand-ins for them, as an embedder's
 * interfaces would be. Ends with the counts; exits with 1 where a component fails otherwise than by a stated refusal.
 */
import { readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { OpenFailed, Supervisor } from '../../packages/engine/src/broker/client.ts';
import { prepareComponent } from '../../packages/engine/src/component/prepare.ts';
import { SkillError } from '../../packages/engine/src/errors.ts';
import { listTools } from './fixture-tools.ts';
import { instantiateOnly, openPool, runCommand } from './host.ts';

const folders = process.argv.slice(2);
if (folders.length === 0) {
  console.error('Usage: npx node test/conformance/fixtures.ts FOLDER…');
  process.exit(2);
}

interface Row {
  /** What happens to it on load. */
  readonly load: string;
  /** Its shape and tools, or why it has none. */
  readonly tools: string;
  readonly counted: string;
}

const supervisor = new Supervisor();
const counts = new Map<string, number>();
try {
  for (const folder of folders) {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.wasm'))
      .toSorted();
    for (const file of files) {
      const path = join(folder, file);
      const { load, tools, counted } = await look(path);
      counts.set(counted, (counts.get(counted) ?? 0) + 1);
      console.log(`| ${relative(folder, path)} | ${statSync(path).size} | ${load} | ${tools} |`);
    }
  }
} finally {
  await supervisor.close();
}
for (const [word, count] of [...counts].toSorted()) console.log(`${count} ${word}`);
process.exitCode = [...counts.keys()].some((word) => word.includes('FAILS')) ? 1 : 0;

async function look(path: string): Promise<Row> {
  try {
    return await instantiate(path, 'instantiates');
  } catch (error) {
    const refused = reasonOf(error);
    if ((error as SkillError).code === 'COMPONENT_IMPORT_UNKNOWN') {
      const load = `refused: ${refused}; instantiates with stand-ins`;
      const again = await instantiate(path, load, () => true).catch(() => undefined);
      if (again) return { ...again, counted: `refused for imports, else ${again.counted}` };
    }
    return { load: `refused: ${refused}`, tools: '', counted: 'refused' };
  }
}

/** One line; anything but a refusal is thrown on. */
function reasonOf(error: unknown): string {
  if (!(error instanceof SkillError)) throw error;
  return `${error.code}: ${error.message.replaceAll(/\s+/gu, ' ')}`;
}

async function instantiate(path: string, load: string, provided?: () => boolean): Promise<Row> {
  const cacheDir = join(tmpdir(), 'skill-fixtures-cache');
  const component = await prepareComponent({ path, cacheDir, provided });
  const { names, described, refused } = listTools(component);
  const tools =
    refused === undefined
      ? `${component.shape}: ${names.join(', ')}${described > 0 ? ` (${described} described)` : ''}`
      : `no tools: ${refused.replaceAll(/\s+/gu, ' ')}`;
  const failure = await fails(component);
  if (failure !== undefined) return { load: `FAILS: ${failure}`, tools, counted: 'FAILS' };
  const counted = refused === undefined ? `lists tools (${component.shape})` : 'no tools';
  return { load, tools, counted };
}

/** `undefined` if it instantiates. */
async function fails(component: Awaited<ReturnType<typeof prepareComponent>>) {
  try {
    const pool = await openPool(supervisor, instantiateOnly(component));
    try {
      const { answer, stderr } = await runCommand(supervisor, pool, {});
      if ('exitCode' in answer && answer.exitCode === 0) return undefined;
      const why = 'error' in answer ? answer.error.message : 'it exited';
      return `${why} ${stderr}`.replaceAll(/\s+/gu, ' ');
    } finally {
      await supervisor.closePool(pool);
    }
  } catch (error) {
    if (error instanceof OpenFailed) return JSON.stringify(error.end);
    throw error;
  }
}
