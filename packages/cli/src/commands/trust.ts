import { readFile } from 'node:fs/promises';
import {
  SkillError,
  TrustSettings,
  escapeText,
  readPublicKey,
  statePlaces,
  trustLevelOf,
} from '@skill-engine/engine';
import { type CommandLine, type FlagTable, onlyFlags, splitArguments, usage } from '../args.ts';
import { jsonText, toJson } from '../json.ts';
import { type Shell, write } from '../shell.ts';
import { storeOf } from './install.ts';
import { notInstalled } from './update.ts';

export const flags = {
  name: { type: 'string' },
  project: { type: 'boolean' },
  json: { type: 'boolean' },
} as const satisfies FlagTable;

/** Trusted keys and required signatures are of all skills: none of them is of one project. */
const takes: Readonly<Record<string, readonly (keyof typeof flags)[]>> = {
  set: ['project', 'json'],
  'key add': ['name', 'json'],
};

const nameForm = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;

/** Levels of installed skills, keys of authors, and which levels need a signature. */
export async function trust(args: readonly string[], shell: Shell): Promise<number> {
  const line = splitArguments(args, { verb: 'trust', flags });
  const [what = '', ...rest] = line.positionals;
  const allowed: readonly string[] = takes[rest[0] === 'add' ? 'key add' : what] ?? ['json'];
  onlyFlags(line, { verb: 'trust', form: what, allowed });
  if (what === 'set') return set(rest, line, shell);
  if (what === 'key') return key(rest, line, shell);
  if (what === 'require') return require_(rest, line, shell);
  if (what === 'list' && rest.length === 0) return list(line, shell);
  throw usage('trust', 'it is followed by set, key, require or list');
}

async function set([name, level, ...more]: readonly string[], line: CommandLine, shell: Shell) {
  if (name === undefined || level === undefined || more.length > 0) {
    throw usage('trust', 'set needs NAME and LEVEL');
  }
  const to = trustLevelOf(level, 'LEVEL');
  const store = storeOf(line);
  const stored = await store.find(name);
  if (stored === undefined) throw notInstalled(name, line.has('project'));
  if (!stored.sealed) {
    throw new SkillError(
      'LOCK_INVALID',
      `The entry of ${name} in ${store.lockFile} was not approved on this machine, or was edited. Install it again first: skill install ${escapeText(stored.entry.source)}`,
      { details: { skill: name } },
    );
  }
  const { seal: _seal, ...entry } = stored.entry;
  const { signed } = await settings().read();
  if (signed.includes(to) && entry.signature.state !== 'verified') {
    throw new SkillError(
      'SIGNATURE_REQUIRED',
      `Skills of the level ${to} need a verified signature here, and ${name} has none.`,
      { details: { skill: name, level: to } },
    );
  }
  await store.change(name, entry, to);
  return tell(
    { skill: name, trust: to, before: entry.trust },
    `${name}: ${entry.trust} -> ${to}`,
    line,
    shell,
  );
}

async function key([verb, named, ...more]: readonly string[], line: CommandLine, shell: Shell) {
  if (verb === 'list' && named === undefined) return list(line, shell);
  if (named === undefined || more.length > 0 || (verb !== 'add' && verb !== 'remove')) {
    throw usage('trust', 'key is followed by add FILE, remove NAME, or list');
  }
  if (verb === 'remove') {
    if (await settings().removeKey(named))
      return tell({ removed: named }, `removed ${named}`, line, shell);
    throw new SkillError(
      'INVALID_OPTIONS',
      `There is no key ${JSON.stringify(named)}. See: skill trust key list`,
    );
  }
  const text = await readFile(named, 'utf8').catch((cause: unknown) => {
    throw new SkillError('INVALID_OPTIONS', `The key file ${named} cannot be read.`, { cause });
  });
  const added = readPublicKey(text, line.one('name') ?? '');
  const name = line.one('name') ?? added.id.slice(0, 16);
  if (!nameForm.test(name)) throw usage('trust', `${JSON.stringify(name)} is no name of a key`);
  await settings().addKey({ ...added, name });
  return tell({ added: { id: added.id, name } }, `added ${name} ${added.id}`, line, shell);
}

async function require_(
  [level, answer, ...more]: readonly string[],
  line: CommandLine,
  shell: Shell,
) {
  const isAnswer = answer === 'signature' || answer === 'nothing';
  if (level === undefined || !isAnswer || more.length > 0) {
    throw usage('trust', 'require needs LEVEL, and signature or nothing');
  }
  const of = trustLevelOf(level, 'LEVEL');
  await settings().requireSignature(of, answer === 'signature');
  return tell({ level: of, requires: answer }, `${of} requires ${answer}`, line, shell);
}

async function list(line: CommandLine, shell: Shell): Promise<number> {
  const { keys, signed } = await settings().read();
  const lines = [
    ...keys.map(({ id, name }) => `key ${name} ${id}`),
    ...signed.map((level) => `${level} requires signature`),
  ];
  return tell(
    { keys, signed },
    lines.join('\n') || 'no key is trusted, no level requires a signature',
    line,
    shell,
  );
}

async function tell(value: object, text: string, line: CommandLine, shell: Shell): Promise<number> {
  const output = line.has('json') ? jsonText(toJson({ ok: true, ...value })) : escapeLinesOf(text);
  await write(shell.stdout, `${output}\n`);
  return 0;
}

function escapeLinesOf(text: string): string {
  return text.split('\n').map(escapeText).join('\n');
}

function settings(): TrustSettings {
  return new TrustSettings(statePlaces().data);
}
