/** The vault as the command line opens it: where nothing else gives the passphrase, a terminal is asked. */
import {
  FileVault,
  type PassphraseSource,
  SkillError,
  passphraseFromEnvironment,
  statePlaces,
} from '@skill-engine/engine';
import { askHidden, canAsk } from './hidden-prompt.ts';
import type { Shell } from './shell.ts';

export function openVault(shell: Shell, mayAsk = true): FileVault {
  const passphrase =
    passphraseFromEnvironment(shell.environment) ??
    (mayAsk && canAsk(shell) ? ask(shell) : undefined);
  return new FileVault({ path: statePlaces().credentialsFile, passphrase });
}

/** A new passphrase is typed twice. */
function ask(shell: Shell): PassphraseSource {
  return async (isNew) => {
    if (!isNew) return askHidden('Passphrase of the credentials (not shown):', shell);
    const first = await askHidden('New passphrase for the credentials (not shown):', shell);
    if (first === undefined) return undefined;
    using second = await askHidden('The same again:', shell);
    const same = second?.use((again) =>
      first.use((bytes) => Buffer.compare(Buffer.from(bytes), Buffer.from(again)) === 0),
    );
    if (same === true) return first;
    first.wipe();
    throw new SkillError('INVALID_OPTIONS', 'The two passphrases differ. Nothing was changed.');
  };
}
