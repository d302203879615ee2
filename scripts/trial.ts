/**
 * Tries the author's path as a stranger: the packages are packed, served by a registry on loopback and installed from there into
 * an empty folder; then a skill is made, built, tested, run, broken, repaired and watched with what the documentation says, for each
 * language whose compiler is here. Prints a table of times and sizes, and fails when a step does not do what it promises.
 *
 *     npx -c 'node scripts/trial.ts'                  every language
 *     npx -c 'node scripts/trial.ts rust go'          these
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveWorkspaces } from './local-registry.ts';
import { type Language, languages } from './trial/languages.ts';
import { Stranger } from './trial/stranger.ts';
import { type Tried, tryLanguage } from './trial/steps.ts';

/** The trial of some languages; for the tests, too. */
export async function trial(names: readonly Language[]): Promise<Tried[]> {
  const folder = mkdtempSync(join(tmpdir(), 'skill-trial-'));
  try {
    mkdirSync(join(folder, 'archives'));
    using registry = await serveWorkspaces(join(folder, 'archives'));
    const stranger = new Stranger(folder, registry.url);
    await stranger.installSkill();
    const tried: Tried[] = [];
    for (const name of names) tried.push(await tryLanguage(name, stranger));
    return tried;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function table(rows: readonly Tried[]): string {
  const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;
  const size = (bytes: number) =>
    bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
  const lines = rows.map(({ language, needs, bytes, times }) => {
    const { new: made, install, build, test, run } = times;
    const all = made + install + build + test + run;
    const cells = [made, install, build, test, run, all].map(seconds).join(' | ');
    return `| ${language} | ${needs} | ${size(bytes)} | ${cells} |\n`;
  });
  return (
    '| language | needs | component | new | install | build | test | run | all |\n' +
    `|---|---|---|---|---|---|---|---|---|\n${lines.join('')}`
  );
}

if (import.meta.main) {
  const asked = process.argv.slice(2);
  const unknown = asked.filter((name) => !(name in languages));
  if (unknown.length > 0) {
    throw new Error(`${unknown.join(', ')}: one of ${Object.keys(languages).join(', ')}`);
  }
  const all = Object.keys(languages) as Language[];
  const names = all.filter((name) => asked.length === 0 || asked.includes(name));
  console.log(table(await trial(names)));
}
