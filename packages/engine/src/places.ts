/** Where the engine keeps its state. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import envPaths from 'env-paths';

/** Where the engine keeps its state: absolute paths. */
export interface StatePlaces {
  /** Audit store, lock, acceptances. */
  readonly data: string;
  /** Transpiled components; may be deleted at any time. */
  readonly cache: string;
  /** SQLite database of the audit record. */
  readonly auditFile: string;
  /** Of a store of JSON lines, where that is chosen instead. */
  readonly auditLinesFile: string;
  /** The encrypted vault. */
  readonly credentialsFile: string;
  /** The operator's own settings. */
  readonly settingsFile: string;
}

/**
 * The platform's directories for `skill-engine`, or everything under one directory: `home` if given,
 * else `SKILL_ENGINE_HOME` if set.
 */
export function statePlaces(home = process.env['SKILL_ENGINE_HOME']): StatePlaces {
  const paths = envPaths('skill-engine', { suffix: '' });
  const data = home ? resolve(home) : paths.data;
  return {
    data,
    cache: home ? join(data, 'cache') : paths.cache,
    auditFile: join(data, 'audit.sqlite'),
    auditLinesFile: join(data, 'audit.jsonl'),
    credentialsFile: join(data, 'credentials.enc'),
    settingsFile: join(home ? data : paths.config, 'config.toml'),
  };
}

/** What `~` in a manifest stands for. */
export function operatorHome(): string {
  return homedir();
}
