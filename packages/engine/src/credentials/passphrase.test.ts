import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  passphraseFromCommand,
  passphraseFromDescriptor,
  passphraseFromEnvironment,
  type PassphraseSource,
} from './passphrase.ts';

async function textOf(source: PassphraseSource): Promise<string | undefined> {
  using secret = await source(false);
  return secret?.use((bytes) => Buffer.from(bytes).toString());
}

it('a command: what it prints, without the end of its line, and without a shell', async () => {
  expect(await textOf(passphraseFromCommand(['printf', 'a b $HOME\\n']))).toBe('a b $HOME');
  expect(await textOf(passphraseFromCommand(['printf', '']))).toBeUndefined();
  const fails = passphraseFromCommand(['sh', '-c', 'echo s3cr3t; echo s3cr3t >&2; exit 3']);
  const error: unknown = await fails(false).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'CREDENTIALS_LOCKED' });
  expect(JSON.stringify(error) + String((error as Error).stack)).not.toContain('s3cr3t');
  await expect(passphraseFromCommand(['/no/such/program'])(false)).rejects.toMatchObject({
    code: 'CREDENTIALS_LOCKED',
  });
});

it('a descriptor: read once, to its end, and given as often as asked', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'skill-passphrase-'));
  const file = join(folder, 'p');
  writeFileSync(file, 'one two\r\n');
  const source = passphraseFromDescriptor(openSync(file, 'r'));
  expect(await textOf(source)).toBe('one two');
  expect(await textOf(source)).toBe('one two');
  const closed = openSync(file, 'r');
  closeSync(closed);
  await expect(passphraseFromDescriptor(closed)(false)).rejects.toMatchObject({
    code: 'CREDENTIALS_LOCKED',
  });
  rmSync(folder, { recursive: true });
});

it('the environment names a descriptor or a command, and never holds the passphrase', async () => {
  expect(passphraseFromEnvironment({ SKILL_ENGINE_PASSPHRASE: 'x' })).toBeUndefined();
  expect(() => passphraseFromEnvironment({ SKILL_ENGINE_PASSPHRASE_FD: 'x' })).toThrow(
    'descriptor',
  );
  const source = passphraseFromEnvironment({ SKILL_ENGINE_PASSPHRASE_COMMAND: ' printf  abc ' });
  expect(await textOf(source!)).toBe('abc');
});
