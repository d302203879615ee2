/** The one place that finds what the operator configured: own file, project files, environment. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import {
  SkillError,
  combineSettings,
  readSetting,
  readSettings,
  settingKeys,
  settingsOptions,
  statePlaces,
  suggest,
} from '@skill-engine/engine';
import type {
  EngineOptions,
  ReadValues,
  SettingKey,
  Settings,
  SettingsLayer,
  SettingsOptions,
} from '@skill-engine/engine';
import { askOperator } from './ask-operator.ts';
import { canAsk } from './hidden-prompt.ts';
import { runtimes } from './runtimes.ts';
import type { Shell } from './shell.ts';
import { openVault } from './vault.ts';

export const projectFile = '.skill-engine.toml';

const prefix = 'SKILL_ENGINE_';

/** Variables that are no settings. */
const otherVariables = [
  'HOME',
  'HTTP_TOKEN',
  ...['PASSPHRASE', 'NEW_PASSPHRASE'].flatMap((name) => [`${name}_FD`, `${name}_COMMAND`]),
].map((name) => prefix + name);

/** `policy.read_only` is `SKILL_ENGINE_POLICY_READ_ONLY`. */
export function variableOf(key: SettingKey): string {
  return prefix + key.toUpperCase().replaceAll('.', '_');
}

/**
 * The operator's own file sets. A checkout, and whoever writes the environment of a process, can only narrow.
 *
 * @throws SkillError SETTINGS_INVALID
 */
export async function findSettings(shell: Shell, folder = process.cwd()): Promise<Settings> {
  const own = await readOwn(statePlaces().settingsFile);
  const projects = await Promise.all(foldersAbove(folder).map((one) => readProject(one)));
  const layers: SettingsLayer[] = [
    { name: 'user', may: 'set', values: own },
    ...projects.map((values) => ({ name: 'project', may: 'narrow' as const, values })),
    ...variables(shell).map((values) => ({ name: 'environment', may: 'narrow' as const, values })),
  ];
  return combineSettings(layers);
}

export interface Configured {
  /** For `createEngine`; its credentials are the caller's to close. */
  readonly engine: EngineOptions & { readonly credentials: ReturnType<typeof openVault> };
  readonly load: SettingsOptions['load'];
}

/**
 * What every verb that runs tools gives its engine.
 *
 * @param mayAsk whether a terminal may be asked: for a passphrase, and what a hook wants to know
 */
export async function configured(shell: Shell, mayAsk = true): Promise<Configured> {
  const { engine, load, runtimes: kinds } = settingsOptions(await findSettings(shell));
  const asks = mayAsk && canAsk(shell);
  return {
    engine: {
      ...engine,
      runtimes: runtimes(kinds),
      credentials: openVault(shell, mayAsk),
      ...(asks ? { onAsk: askOperator(shell) } : {}),
    },
    load,
  };
}

/** From the root to the folder. All of them hold: a folder cannot let itself off what stands above it. */
function foldersAbove(folder: string): string[] {
  const parent = dirname(resolve(folder));
  return parent === resolve(folder) ? [parent] : [...foldersAbove(parent), resolve(folder)];
}

async function readProject(folder: string): Promise<ReadValues> {
  const path = join(folder, projectFile);
  // Not through a link: what is wrong with a file is told, and a checkout could have its reader's files told.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  return readAt(path, flags, () => undefined);
}

async function readOwn(path: string): Promise<ReadValues> {
  return readAt(path, constants.O_RDONLY | constants.O_NONBLOCK, ({ mode, uid }) => {
    const me = process.getuid?.();
    if (me === undefined) return undefined;
    if (uid !== me && uid !== 0) return 'it belongs to another user';
    return (mode & 0o002) === 0 ? undefined : `everybody may write it; chmod 600 ${path}`;
  });
}

type Facts = Awaited<ReturnType<FileHandle['stat']>>;

/** A file that is not there says nothing. */
async function readAt(
  path: string,
  flags: number,
  problemOf: (facts: Facts & { mode: number; uid: number }) => string | undefined,
): Promise<ReadValues> {
  const refuse = (why: string, cause?: unknown) =>
    new SkillError('SETTINGS_INVALID', `${path} is not read: ${why}.`, { cause });
  let file: FileHandle;
  try {
    file = await open(path, flags);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return new Map();
    throw refuse(code === 'ELOOP' ? 'it is a symbolic link' : String(code), error);
  }
  try {
    const facts = await file.stat();
    if (!facts.isFile()) throw refuse('it is no file');
    if (facts.size > 1024 * 1024) throw refuse('it has more than 1 MiB');
    const problem = problemOf(facts);
    if (problem !== undefined) throw refuse(problem);
    return readSettings(await file.readFile(), { file: path });
  } finally {
    await file.close();
  }
}

/** One that is empty is not set. One that nobody knows is a mistake, and might have been meant to narrow. */
function variables({ environment }: Shell): ReadValues[] {
  const keys = new Map(settingKeys.map((key) => [variableOf(key), key]));
  return Object.entries(environment).flatMap(([name, text]) => {
    if (!name.startsWith(prefix) || otherVariables.includes(name) || !text) return [];
    const key = keys.get(name);
    if (key === undefined) {
      const near = suggest(name, [...keys.keys(), ...otherVariables]);
      const hint = near === undefined ? '' : `; did you mean ${near}?`;
      throw new SkillError(
        'SETTINGS_INVALID',
        `The environment has ${name}, which is no setting${hint} See them: skill config explain`,
      );
    }
    return [readSetting(key, text, name)];
  });
}
