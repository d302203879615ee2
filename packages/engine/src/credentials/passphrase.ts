/** Where a vault's passphrase comes from without anybody to ask: a file descriptor, or a command. */
import { execFile } from 'node:child_process';
import { closeSync, readSync } from 'node:fs';
import { SkillError } from '../errors.ts';
import { Secret } from './secret.ts';

/** Gives the passphrase, for the caller to wipe; `undefined` where there is none. `isNew`: it is being chosen. */
export type PassphraseSource = (isNew: boolean) => Promise<Secret | undefined>;

const MOST_BYTES = 4096;
const COMMAND_MILLISECONDS = 60_000;

/** Without the end of the line that programs and editors add. */
function trimmed(bytes: Uint8Array): Secret | undefined {
  let end = bytes.length;
  if (bytes[end - 1] === 10) end -= bytes[end - 2] === 13 ? 2 : 1;
  // Not `slice`: of a Buffer, that is a view.
  const copy = new Uint8Array(bytes.subarray(0, end));
  bytes.fill(0);
  return copy.length > 0 ? new Secret(copy) : undefined;
}

/** Reads the descriptor to its end, once; later questions get the same. */
export function passphraseFromDescriptor(descriptor: number): PassphraseSource {
  let held: Secret | undefined;
  let read = false;
  return async () => {
    if (!read) {
      read = true;
      held = readAll(descriptor);
    }
    return held?.use((bytes) => new Secret(bytes.slice()));
  };
}

function readAll(descriptor: number): Secret | undefined {
  const bytes = new Uint8Array(MOST_BYTES);
  let at = 0;
  try {
    while (at < bytes.length) {
      const length = readSync(descriptor, bytes, at, bytes.length - at, null);
      if (length === 0) break;
      at += length;
    }
    if (descriptor > 2) closeSync(descriptor);
  } catch (cause) {
    bytes.fill(0);
    throw new SkillError(
      'CREDENTIALS_LOCKED',
      `The passphrase cannot be read from file descriptor ${descriptor}.`,
      { cause },
    );
  }
  const passphrase = trimmed(bytes.subarray(0, at));
  bytes.fill(0);
  return passphrase;
}

/** What the command prints. It is started without a shell. */
export function passphraseFromCommand(argv: readonly string[]): PassphraseSource {
  const [command, ...args] = argv;
  if (command === undefined || command === '') {
    throw new SkillError('INVALID_OPTIONS', 'The command for the passphrase is empty.');
  }
  return () =>
    new Promise((resolve, reject) => {
      const options = {
        encoding: 'buffer',
        timeout: COMMAND_MILLISECONDS,
        maxBuffer: MOST_BYTES,
      } as const;
      execFile(command, args, options, (error, stdout) => {
        // The error of execFile holds what was printed.
        if (error) {
          stdout.fill(0);
          const why = error.code === undefined ? 'failed' : `failed (${error.code})`;
          reject(new SkillError('CREDENTIALS_LOCKED', `The command for the passphrase ${why}.`));
        } else resolve(trimmed(stdout));
      });
    });
}

/**
 * `SKILL_ENGINE_PASSPHRASE_FD`: number of a descriptor. `SKILL_ENGINE_PASSPHRASE_COMMAND`: program and arguments,
 * separated by spaces. The passphrase itself is never in the environment, which every child process would inherit.
 *
 * @param which `NEW_PASSPHRASE`: the same two variables for the passphrase that a new key comes from
 */
export function passphraseFromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  which: 'PASSPHRASE' | 'NEW_PASSPHRASE' = 'PASSPHRASE',
): PassphraseSource | undefined {
  const fd = environment[`SKILL_ENGINE_${which}_FD`];
  const command = environment[`SKILL_ENGINE_${which}_COMMAND`];
  if (fd !== undefined && fd !== '') {
    if (!/^\d{1,9}$/.test(fd)) {
      throw new SkillError(
        'INVALID_OPTIONS',
        `SKILL_ENGINE_${which}_FD is not the number of a file descriptor.`,
      );
    }
    return passphraseFromDescriptor(Number(fd));
  }
  if (command === undefined || command.trim() === '') return undefined;
  return passphraseFromCommand(command.trim().split(/\s+/));
}
