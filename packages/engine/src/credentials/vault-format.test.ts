import { expect, it } from 'vitest';
import { Secret } from './secret.ts';
import { newVaultId, seal, unseal } from './vault-format.ts';
import { deriveKeys, newMasterKey, newSalt } from './vault-keys.ts';

// The code over the whole file finds such changes first; each value holds also by itself.
it('a value opens under its own vault, skill and name only, without any help of the code over the file', () => {
  const keys = deriveKeys(newMasterKey(), newSalt(), 'one');
  const vault = newVaultId();
  const sealed = seal(vault, { skill: 'a', name: 'token' }, Secret.fromText('value'), keys);
  const textOf = (secret: Secret) => secret.use((bytes) => Buffer.from(bytes).toString());
  expect(textOf(unseal(vault, sealed, keys, 'file'))).toBe('value');
  for (const [where, other] of [
    [newVaultId(), sealed],
    [vault, { ...sealed, skill: 'b' }],
    [vault, { ...sealed, name: 'other' }],
    [vault, { ...sealed, skill: 'ato', name: 'ken' }],
  ] as const) {
    expect(() => unseal(where, other, keys, 'file')).toThrowError(
      expect.objectContaining({ code: 'CREDENTIALS_CORRUPT' }),
    );
  }
});
