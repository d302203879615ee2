import {
  EXIT,
  passphraseFromEnvironment,
  Secret,
  SkillError,
  type FileVault,
  settingKeys,
  suggest,
} from '@skill-engine/engine';
import type { DeclaredCapabilities } from '@skill-engine/engine';
import { type CommandLine, type FlagTable, splitArguments, usage } from '../args.ts';
import { painter } from '../colours.ts';
import { explainAll, explainOne, explained, settingKeyOf } from '../explain-settings.ts';
import { askHidden, canAsk } from '../hidden-prompt.ts';
import { jsonText, toJson } from '../json.ts';
import { findSettings } from '../settings.ts';
import { type Shell, coloured, say, widthOf, write } from '../shell.ts';
import { renderTable } from '../table.ts';
import { chooseTarget } from '../target.ts';
import { openVault } from '../vault.ts';

export const flags = {
  'set-credential': { type: 'string' },
  'from-env': { type: 'string' },
  'list-credentials': { type: 'boolean' },
  'delete-credential': { type: 'string' },
  'rotate-key': { type: 'boolean' },
  skill: { type: 'string' },
  json: { type: 'boolean' },
} as const satisfies FlagTable;

const actions = ['set-credential', 'list-credentials', 'delete-credential', 'rotate-key'] as const;

type Declared = DeclaredCapabilities['credentials'];

interface Owner {
  readonly name: string;
  readonly declared: Declared;
}

/** What is configured; and credentials of a skill: set, listed by name, deleted. There is no way to print one. */
export async function config(args: readonly string[], shell: Shell): Promise<number> {
  const line = splitArguments(args, { verb: 'config', flags });
  const [named, ...more] = line.positionals;
  const chosen = actions.filter((action) => line.has(action));
  if (named === 'explain' && chosen.length === 0) return explain(more, line, shell);
  if (more.length > 0 || chosen.length !== 1) {
    throw usage(
      'config',
      `explain, or SKILL and one of ${actions.map((one) => `--${one}`).join(', ')}`,
    );
  }
  if (line.has('from-env') && !line.has('set-credential')) {
    throw usage('config', '--from-env belongs to --set-credential');
  }
  await using vault = openVault(shell, !line.has('json'));
  if (line.has('rotate-key')) {
    if (named !== undefined) throw usage('config', '--rotate-key is for all skills: without SKILL');
    return rotate(vault, line, shell);
  }
  if (named === undefined) throw usage('config', 'SKILL is missing');
  const { package: found } = await chooseTarget(named, undefined, line.one('skill'));
  const owner = { name: found.name, declared: found.declared.credentials };
  const set = line.one('set-credential');
  const deleted = line.one('delete-credential');
  if (set !== undefined) return setOne(vault, owner, set, line, shell);
  if (deleted !== undefined) return deleteOne(vault, owner, deleted, line, shell);
  return list(vault, owner, line, shell);
}

async function explain(
  [named, ...more]: readonly string[],
  line: CommandLine,
  shell: Shell,
): Promise<number> {
  if (more.length > 0) throw usage('config', 'explain takes one KEY at most');
  const key = named === undefined ? undefined : settingKeyOf(named);
  const found = await findSettings(shell);
  if (line.has('json')) {
    const all = (key === undefined ? settingKeys : [key]).map((one) => explained(one, found));
    await write(shell.stdout, `${jsonText(toJson({ ok: true, settings: all }))}\n`);
  } else {
    const width = widthOf(shell.stdout);
    await write(
      shell.stdout,
      key === undefined ? explainAll(found, width) : explainOne(key, found),
    );
  }
  return EXIT.success;
}

async function setOne(
  vault: FileVault,
  owner: Owner,
  name: string,
  line: CommandLine,
  shell: Shell,
): Promise<number> {
  if (!owner.declared.some((one) => one.name === name)) throw undeclared(owner, name);
  using value = await readValue(owner, name, line, shell);
  await vault.set({ skill: owner.name, name }, value);
  return tell(line, shell, { set: name }, `set ${name} for ${owner.name}`);
}

async function readValue(
  owner: Owner,
  name: string,
  line: CommandLine,
  shell: Shell,
): Promise<Secret> {
  const variable = line.one('from-env');
  if (variable !== undefined) {
    const text = shell.environment[variable];
    if (text) return Secret.fromText(text);
    throw new SkillError(
      'INVALID_OPTIONS',
      `The environment has no variable ${variable}, or it is empty.`,
    );
  }
  const value = canAsk(shell)
    ? await askHidden(`Value of ${name} for ${owner.name} (not shown):`, shell)
    : await readStdin(shell);
  if (value !== undefined) return value;
  throw new SkillError('INVALID_OPTIONS', `No value was given. Nothing was changed.`);
}

/** Larger values are refused by the store; this much is read at most. */
const MOST_BYTES = 65 * 1024;

/** All of standard input, without the end of its last line. */
async function readStdin(shell: Shell): Promise<Secret | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of shell.stdin as AsyncIterable<Uint8Array | string>) {
    const bytes = Buffer.from(chunk as Uint8Array);
    length += bytes.length;
    if (length > MOST_BYTES) {
      throw new SkillError('INVALID_OPTIONS', `A value has at most 65536 bytes.`);
    }
    chunks.push(bytes);
  }
  const bytes = new Uint8Array(Buffer.concat(chunks));
  for (const chunk of chunks) chunk.fill(0);
  const end = /\r?\n$/.exec(Buffer.from(bytes.slice(-2)).toString('latin1'))?.[0].length ?? 0;
  const value = bytes.slice(0, bytes.length - end);
  bytes.fill(0);
  return value.length > 0 ? new Secret(value) : undefined;
}

async function deleteOne(
  vault: FileVault,
  owner: Owner,
  name: string,
  line: CommandLine,
  shell: Shell,
): Promise<number> {
  if (!(await vault.delete({ skill: owner.name, name }))) {
    throw new SkillError(
      'INVALID_OPTIONS',
      `${owner.name} has no credential ${JSON.stringify(name)} that is set.`,
    );
  }
  return tell(line, shell, { deleted: name }, `deleted ${name} of ${owner.name}`);
}

async function rotate(vault: FileVault, line: CommandLine, shell: Shell): Promise<number> {
  if ((await vault.method()) === undefined) {
    return tell(line, shell, { rotated: false }, 'no credentials are kept, so there is no key');
  }
  await vault.rotate(passphraseFromEnvironment(shell.environment, 'NEW_PASSPHRASE'));
  return tell(line, shell, { rotated: true }, 'all credentials are encrypted with a new key');
}

/** What the manifest asks for, and what is kept besides. */
async function list(
  vault: FileVault,
  owner: Owner,
  line: CommandLine,
  shell: Shell,
): Promise<number> {
  const kept = new Set((await vault.list(owner.name)).map(({ name }) => name));
  const rows = owner.declared.map(({ name, hosts, exposure, places }) => ({
    name,
    set: kept.has(name),
    declared: true,
    exposure: exposure as string,
    hosts,
    places,
  }));
  const names = new Set(rows.map(({ name }) => name));
  const others = [...kept].filter((name) => !names.has(name));
  const all = [
    ...rows,
    ...others.map((name) => ({
      name,
      set: true,
      declared: false,
      exposure: '',
      hosts: [],
      places: [],
    })),
  ];
  if (line.has('json')) {
    await write(
      shell.stdout,
      `${jsonText(toJson({ ok: true, skill: owner.name, credentials: all }))}\n`,
    );
    return EXIT.success;
  }
  if (all.length === 0) {
    await say(shell, `${owner.name} declares no credentials, and none is set`);
    return EXIT.success;
  }
  const paint = painter(coloured(shell, shell.stdout));
  const table = renderTable(
    [
      { title: 'CREDENTIAL' },
      { title: 'SET' },
      { title: 'THE SKILL GETS' },
      { title: 'FOR', flexible: true },
    ],
    all.map((one) => [
      one.name,
      one.set ? 'yes' : 'no',
      one.declared
        ? one.exposure === 'guest'
          ? 'the value'
          : 'a placeholder'
        : 'nothing: not declared',
      one.hosts.join(', '),
    ]),
    {
      width: widthOf(shell.stdout),
      paint: (text, _, row) => (row === undefined ? paint(text, 'dim') : text),
    },
  );
  await write(shell.stdout, table);
  return EXIT.success;
}

async function tell(
  line: CommandLine,
  shell: Shell,
  facts: Record<string, unknown>,
  text: string,
): Promise<number> {
  if (line.has('json')) await write(shell.stdout, `${jsonText(toJson({ ok: true, ...facts }))}\n`);
  else await say(shell, text);
  return EXIT.success;
}

function undeclared({ name: skill, declared }: Owner, name: string): SkillError {
  const names = declared.map((one) => one.name);
  const near = suggest(name, names);
  const hint = near === undefined ? '' : ` Did you mean ${near}?`;
  const known = names.length === 0 ? 'it declares none' : `it declares: ${names.join(', ')}`;
  return new SkillError(
    'INVALID_OPTIONS',
    `The manifest of ${skill} declares no credential ${JSON.stringify(name)}; ${known}.${hint}`,
  );
}
