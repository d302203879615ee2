/** The vault: its form and how it is locked. No key is asked for, so whether it is authentic shows only when it is unlocked. */
import { systemKeyring } from '../credentials/keyring.ts';
import { readVaultFile } from '../credentials/vault-file.ts';
import { readVault } from '../credentials/vault-format.ts';
import type { StatePlaces } from '../places.ts';
import { type Check, fine, messageOf, problem } from './check.ts';

const name = 'credentials';

export async function examineCredentials({ credentialsFile: path }: StatePlaces): Promise<Check[]> {
  try {
    const bytes = await readVaultFile(path);
    if (bytes === undefined) return [fine(name, 'none are kept')];
    const { key, entries } = readVault(bytes, path);
    const kept = `${path}, undamaged: ${entries.length} kept`;
    if (key.kind === 'passphrase') return [fine(name, `${kept}, locked by a passphrase`)];
    if ((await systemKeyring()) !== undefined) {
      return [fine(name, `${kept}, locked by a key in the system's keyring`)];
    }
    return [
      problem(
        name,
        `${kept}, locked by a key in the system's keyring`,
        'The package @napi-rs/keyring, which asks the keyring, does not load here: skills that need credentials fail.',
        'Run: npm install @napi-rs/keyring',
      ),
    ];
  } catch (error) {
    return [
      problem(
        name,
        messageOf(error),
        'Skills that need credentials fail; all others run.',
        'Restore the file from a copy, or move it away and set the credentials again: skill config SKILL --set-credential NAME',
      ),
    ];
  }
}
