/**
 * Whether the engine can work on this machine, and whether its state is what it left there: what `skill doctor`
 * prints. It only looks: nothing is made, changed or repaired, and nobody is asked for a passphrase.
 */
import { statePlaces } from '../places.ts';
import { examineAudit } from './audit.ts';
import { examineCache } from './cache.ts';
import type { Check } from './check.ts';
import { examineCredentials } from './credentials.ts';
import { examineDirectories } from './directories.ts';
import { examineMachine } from './machine.ts';
import { examineSkills } from './skills.ts';

/** What {@link examine} found. */
export interface Examination {
  /** By area: machine, directories, audit, credentials, skills, cache. */
  readonly checks: readonly Check[];
  /** Whether there is no problem; there may be warnings. */
  readonly sound: boolean;
}

/** What {@link examine} looks at. */
export interface ExamineOptions {
  /** Directory of all state. Default as for `createEngine`. */
  readonly home?: string | undefined;
  /** Folder of the project whose installed skills are looked at too. Default: the current directory. */
  readonly project?: string | undefined;
  /**
   * Of the audit record only the end, and of the cache only its indexes. Default: the whole of the cache, and of an
   * audit store up to 256 MiB.
   */
  readonly quick?: boolean | undefined;
}

/** Looks at Node, isolation, directories, audit store, credentials, installed skills and cache. Resolves whatever it finds. */
export async function examine(options: ExamineOptions = {}): Promise<Examination> {
  const { home, project, quick = false } = options;
  const places = statePlaces(home);
  const checks = [
    ...(await examineMachine()),
    ...(await examineDirectories(places)),
    ...(await examineAudit(places, quick)),
    ...(await examineCredentials(places)),
    ...(await examineSkills({ home, project }, places)),
    ...(await examineCache(places, quick)),
  ];
  return { checks, sound: checks.every(({ severity }) => severity !== 'problem') };
}
