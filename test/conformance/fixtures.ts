/**
 * `npx node test/conformance/fixtures.ts FOLDER…`: loads every `.wasm` file beneath the folders as the engine does
 * (read, survey, transpile, meter, compile in an isolate) and instantiates it there, or says why it is refused.
 * What is refused only for its imports is loaded once more with stand-ins for them, as an embedder's interfaces would be.
 */
import { readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { OpenFailed, Supervisor } from '../../packages/engine/src/broker/client.ts';
import { prepareComponent } from '../../packages/engine/src/component/prepare.ts';
import { SkillError } from '../../packages/engine/src/errors.ts';
import { instantiateOnly, openPool, runCommand } from './host.ts';

const folders = process.argv.slice(2);
if (folders.length === 0) {
  console.error('Usage: npx node test/conformance/fixtures.ts FOLDER…');
  process.exit(2);
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
      const { word, detail } = await load(path);
      counts.set(word, (counts.get(word) ?? 0) + 1);
      console.log(`| ${relative(folder, path)} | ${statSync(path).size} | ${word} | ${detail} |`);
    }
  }
} finally {
  await supervisor.close();
}
console.log([...counts].map(([word, count]) => `${count} ${word}`).join(', '));

interface Result {
  readonly word: string;
  readonly detail: string;
}

async function load(path: string): Promise<Result> {
  try {
    return await instantiate(path);
  } catch (error) {
    if (!(error instanceof SkillError)) throw error;
    const refused = `${error.code}: ${error.message.replaceAll(/\s+/gu, ' ')}`;
    if (error.code !== 'COMPONENT_IMPORT_UNKNOWN') return { word: 'refused', detail: refused };
    const again = await instantiate(path, () => true).catch(() => undefined);
    const word = again === undefined ? 'refused' : `refused, with stand-ins ${again.word}`;
    return { word, detail: refused };
  }
}

async function instantiate(path: string, provided?: () => boolean): Promise<Result> {
  const cacheDir = join(tmpdir(), 'skill-fixtures-cache');
  const component = await prepareComponent({ path, cacheDir, provided });
  try {
    const pool = await openPool(supervisor, instantiateOnly(component));
    try {
      const { answer, stderr } = await runCommand(supervisor, pool, {});
      if ('exitCode' in answer && answer.exitCode === 0)
        return { word: 'instantiates', detail: component.shape };
      const why = 'error' in answer ? answer.error.message : 'it exited';
      return { word: 'FAILS', detail: `${why} ${stderr}`.replaceAll(/\s+/gu, ' ') };
    } finally {
      await supervisor.closePool(pool);
    }
  } catch (error) {
    if (error instanceof OpenFailed) return { word: 'FAILS', detail: JSON.stringify(error.end) };
    throw error;
  }
}
