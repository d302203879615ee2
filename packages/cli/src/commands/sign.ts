import { open, readFile } from 'node:fs/promises';
import { SkillError, escapeText, newSigningKey, signPackage } from '@skill-engine/engine';
import { type FlagTable, splitArguments, usage } from '../args.ts';
import { jsonText, toJson } from '../json.ts';
import { type Shell, write } from '../shell.ts';

export const flags = {
  key: { type: 'string' },
  'new-key': { type: 'string' },
  json: { type: 'boolean' },
} as const satisfies FlagTable;

/** For authors: a package's signature beside it, or a new pair of keys. */
export async function sign(args: readonly string[], shell: Shell): Promise<number> {
  const line = splitArguments(args, { verb: 'sign', flags });
  const [named, ...more] = line.positionals;
  const [key, newKey] = [line.one('key'), line.one('new-key')];
  const json = line.has('json');
  if (newKey !== undefined && key === undefined && named === undefined) {
    const { privateKey, publicKey } = newSigningKey();
    await create(newKey, privateKey, 0o600);
    await create(`${newKey}.pub`, publicKey, 0o644);
    return tell(
      { key: newKey, public: `${newKey}.pub` },
      `wrote ${newKey} (keep it secret) and ${newKey}.pub`,
      json,
      shell,
    );
  }
  if (named === undefined || more.length > 0 || key === undefined || newKey !== undefined) {
    throw usage('sign', 'PATH and --key FILE are needed, or --new-key FILE alone');
  }
  const pem = await readFile(key, 'utf8').catch((cause: unknown) => {
    throw new SkillError('INVALID_OPTIONS', `The key file ${key} cannot be read.`, { cause });
  });
  const { digest, file } = await signPackage(named, pem);
  return tell({ digest, file }, `signed ${digest}: ${file}`, json, shell);
}

/** Never over another file: it may be the only copy of a key. */
async function create(path: string, text: string, mode: number): Promise<void> {
  try {
    const file = await open(path, 'wx', mode);
    await file.writeFile(text).finally(() => file.close());
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === 'EEXIST' ? 'it exists already' : String(code);
    throw new SkillError('INVALID_OPTIONS', `${path} cannot be written: ${why}.`, { cause });
  }
}

async function tell(value: object, text: string, json: boolean, shell: Shell): Promise<number> {
  await write(
    shell.stdout,
    `${json ? jsonText(toJson({ ok: true, ...value })) : escapeText(text)}\n`,
  );
  return 0;
}
