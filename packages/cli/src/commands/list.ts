import { dirname, resolve } from 'node:path';
import {
  SkillError,
  capabilityWords,
  findSkills,
  operatorHome,
  runsOutside,
} from '@skill-engine/engine';
import type { JsonValue, SkillSource } from '@skill-engine/engine';
import { type FlagTable, splitArguments, usage } from '../args.ts';
import { painter } from '../colours.ts';
import { bounds, discover } from '../discover.ts';
import { installedSkills, installedTable } from '../installed-list.ts';
import { jsonText, toJson } from '../json.ts';
import { exitCodeOf, failureText } from '../report.ts';
import { type Shell, coloured, say, widthOf, write } from '../shell.ts';
import { renderTable } from '../table.ts';

export const flags = {
  installed: { type: 'boolean' },
  json: { type: 'boolean' },
} as const satisfies FlagTable;

interface Listed {
  readonly path: string;
  readonly source: SkillSource;
}

interface Refused {
  readonly path: string;
  readonly error: SkillError;
}

/** Installed skills, from the locks, and those of the manifests under the given paths. Nothing runs. */
export async function list(args: readonly string[], shell: Shell): Promise<number> {
  const line = splitArguments(args, { verb: 'list', flags });
  const only = line.has('installed');
  if (only && line.positionals.length > 0) throw usage('list', '--installed takes no PATH');
  const installed = line.positionals.length === 0 ? await installedSkills() : [];
  const { listed, refused } = only ? nothing : await collect(line.positionals, shell);
  if (line.has('json')) {
    const skills = listed.map(skillJson);
    const errors = refused.map(({ path, error }) => toJson({ path, error }));
    await write(
      shell.stdout,
      `${jsonText({ skills, installed: installed.map(toJson), errors })}\n`,
    );
  } else {
    if (installed.length > 0) await write(shell.stdout, installedTable(installed, shell));
    if (listed.length > 0) {
      if (installed.length > 0) await write(shell.stdout, '\n');
      await write(shell.stdout, tableOf(listed, shell));
    }
    if (installed.length + listed.length === 0)
      await say(shell, only ? nothingInstalled : noSkills);
    const paint = painter(coloured(shell, shell.stderr));
    for (const { error } of refused) await say(shell, failureText(error, paint));
  }
  return refused[0] === undefined ? 0 : exitCodeOf(refused[0].error);
}

const nothing = { listed: [], refused: [] };
const nothingInstalled = 'nothing is installed; skill install PATH|TARBALL|URL does it';
const noSkills = 'no skills found; a skill is a folder with a skill.toml or skills.toml';

async function collect(
  paths: readonly string[],
  shell: Shell,
): Promise<{ listed: Listed[]; refused: Refused[] }> {
  const listed: Listed[] = [];
  const refused: Refused[] = [];
  const seen = new Set<string>();
  for (const path of paths.length === 0 ? ['.'] : paths) {
    const { found, cut } = await discover(path);
    if (cut)
      await say(shell, `note: only the first ${bounds.folders} folders of ${path} are searched`);
    for (const manifest of found) {
      if (seen.has(resolve(manifest))) continue;
      seen.add(resolve(manifest));
      try {
        const sources = await findSkills(manifest);
        listed.push(...sources.map((source) => ({ path: manifest, source })));
      } catch (error) {
        refused.push({ path: manifest, error: SkillError.from(error) });
      }
    }
  }
  return { listed, refused };
}

function wordsOf(source: SkillSource): string {
  const places = { baseDir: source.baseDir, home: operatorHome() };
  const { groups } = capabilityWords(
    source.manifest.capabilities,
    places,
    runsOutside(source.manifest),
  );
  return groups
    .filter(({ verb }) => verb !== 'never touch')
    .map(({ verb, items }) => `${verb} ${items.length}`)
    .join(', ');
}

function skillJson({ path, source }: Listed): JsonValue {
  const { name, version, description, runtime, tools, capabilities } = source.manifest;
  return toJson({
    path,
    name,
    version,
    description,
    runtime,
    tools: tools.map((tool) => ({ name: tool.name, description: tool.description })),
    capabilities,
  });
}

function tableOf(listed: readonly Listed[], shell: Shell): string {
  const paint = painter(coloured(shell, shell.stdout));
  const rows = listed.map(({ path, source }) => [
    source.manifest.name,
    source.manifest.version,
    source.manifest.runtime,
    source.manifest.tools.map((tool) => tool.name).join(', ') || '(see inspect)',
    safely(() => wordsOf(source)) || 'nothing',
    dirname(path) === '.' ? path : dirname(path),
    source.manifest.description ?? '',
  ]);
  return renderTable(
    [
      { title: 'SKILL' },
      { title: 'VERSION' },
      { title: 'RUNTIME' },
      { title: 'TOOLS', flexible: true },
      { title: 'ASKS TO' },
      { title: 'FOLDER', flexible: true },
      { title: 'DESCRIPTION', flexible: true },
    ],
    rows,
    {
      width: widthOf(shell.stdout),
      paint: (text, column, row) =>
        row === undefined ? paint(text, 'dim') : column === 0 ? paint(text, 'bold') : text,
    },
  );
}

/** A path that has no absolute form does not keep the other skills from being listed. */
function safely(words: () => string): string {
  try {
    return words();
  } catch (error) {
    return SkillError.from(error).code;
  }
}
