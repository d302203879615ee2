/** What the operator has accepted, in a file that only the operator can read and write. */
import { randomUUID } from 'node:crypto';
import { mkdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { readPrivateFile, whyNotPrivate, writePrivateFile } from '../component/private-files.ts';
import { SkillError } from '../errors.ts';
import { decodeAcceptances, encodeAcceptances } from './acceptances-format.ts';
import type { Acceptance } from './acceptances-format.ts';

/** What was accepted: one package, by its digest, with one authority. */
export interface Accepted {
  /** Of the skill. */
  readonly name: string;
  /** Of the skill. */
  readonly version: string;
  /** Of the package that is accepted: hexadecimal SHA-256. */
  readonly digest: string;
  /** Hash of what it may do, hexadecimal SHA-256. */
  readonly authority: string;
}

const MAX_BYTES = 8 * 1024 * 1024;

/**
 * The file `acceptances.json` of the engine's state directory. Every call reads it anew; a change replaces it as a
 * whole. Two processes that accept at the same moment may lose one of both: then that skill asks again.
 */
export class Acceptances {
  readonly #file: string;

  /** @param directory the state directory (`statePlaces().data`); made at the first acceptance */
  constructor(directory: string) {
    this.#file = join(resolve(directory), 'acceptances.json');
  }

  /**
   * The acceptance of exactly this package with exactly this authority.
   *
   * @throws SkillError STATE_UNAVAILABLE when the file is not the operator's alone, or damaged
   */
  async find(wanted: Accepted): Promise<Acceptance | undefined> {
    const all = await this.#read();
    return all.find(
      (entry) => entry.digest === wanted.digest && entry.authority === wanted.authority,
    );
  }

  /** @throws SkillError STATE_UNAVAILABLE when it cannot be read or written */
  async add(accepted: Accepted, approver: string, time = new Date()): Promise<void> {
    const entry: Acceptance = {
      digest: accepted.digest,
      authority: accepted.authority,
      skill: accepted.name,
      version: accepted.version,
      approver,
      time: time.toISOString(),
    };
    const others = (await this.#read()).filter(
      (other) => other.digest !== entry.digest || other.authority !== entry.authority,
    );
    const text = encodeAcceptances([...others, entry]);
    await this.#replace(new TextEncoder().encode(text));
  }

  async #read(): Promise<readonly Acceptance[]> {
    try {
      const bytes = await readPrivateFile(this.#file, MAX_BYTES);
      return decodeAcceptances(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    } catch (cause) {
      if (isMissing(cause)) return [];
      throw unavailable(
        `${this.#file} cannot be trusted or read (${reasonOf(cause)}). ` +
          'Make it yours alone (chmod 600), or remove it: skills will then ask again.',
        cause,
      );
    }
  }

  async #replace(bytes: Uint8Array): Promise<void> {
    const draft = `${basename(this.#file)}.${randomUUID()}`;
    try {
      const directory = await privateDirectory(dirname(this.#file));
      const path = join(directory, draft);
      try {
        await writePrivateFile(path, bytes);
        await rename(path, join(directory, basename(this.#file)));
      } finally {
        await rm(path, { force: true });
      }
    } catch (cause) {
      if (cause instanceof SkillError) throw cause;
      throw unavailable(
        `${this.#file} cannot be written (${reasonOf(cause)}). ` +
          'Make its directory writable, or name another one in SKILL_ENGINE_HOME.',
        cause,
      );
    }
  }
}

async function privateDirectory(path: string): Promise<string> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const directory = await realpath(path);
  const problem = whyNotPrivate(await stat(directory));
  if (problem === undefined) return directory;
  throw unavailable(
    `The state directory ${path} is refused: ${problem}, so others could accept skills in your name. ` +
      `Run: chmod go-w '${path}', or name another one in SKILL_ENGINE_HOME.`,
  );
}

/** No file, no directory, or a path that runs through a file: nothing is accepted there. */
function isMissing(cause: unknown): boolean {
  const code = (cause as NodeJS.ErrnoException | null)?.code;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function unavailable(message: string, cause?: unknown): SkillError {
  return new SkillError('STATE_UNAVAILABLE', message, cause === undefined ? {} : { cause });
}
