/** Which audit store is meant, and the filters that commands on it share. */
import { existsSync } from 'node:fs';
import { SkillError, openAuditReader, openDiskAuditStore, statePlaces } from '@skill-engine/engine';
import type { AuditFilter, AuditReader, AuditStore, EngineOptions } from '@skill-engine/engine';
import type { CommandLine } from './args.ts';
import { findSettings } from './settings.ts';
import type { Shell } from './shell.ts';
import { parseInstant } from './units.ts';

/** The store that `--store` names, else the one that the operator configured. */
export async function auditFile(line: CommandLine, shell: Shell): Promise<string> {
  const given = line.one('store');
  if (given !== undefined) return given;
  const { auditFile: database, auditLinesFile } = statePlaces();
  return (await findSettings(shell)).get('audit.store') === 'jsonl' ? auditLinesFile : database;
}

/** The store that an engine with these options would open by itself. */
export function openOwnStore(options: EngineOptions): Promise<AuditStore> {
  const { auditFile: database, auditLinesFile } = statePlaces();
  const kind = options.auditKind ?? 'sqlite';
  return openDiskAuditStore({
    path: kind === 'jsonl' ? auditLinesFile : database,
    kind,
    durability: options.durability,
    retention: options.auditRetention,
  });
}

/**
 * Only to read: it neither makes nor changes anything, so that it works where nothing can be written. Before the
 * first invocation there is no store, and nothing in it.
 *
 * @throws SkillError AUDIT_UNAVAILABLE for a store that was named and is not there
 */
export async function openReader(line: CommandLine, shell: Shell): Promise<AuditReader> {
  const path = await auditFile(line, shell);
  if (line.has('store') && !existsSync(path)) {
    throw new SkillError('AUDIT_UNAVAILABLE', `There is no audit store at ${path}.`);
  }
  return openAuditReader({ path });
}

/** Absent flags are absent members: the store knows no `undefined`. */
export function filterOf(line: CommandLine, shell: Shell): AuditFilter {
  const filter: Record<string, unknown> = {};
  for (const flag of ['skill', 'tool', 'status', 'user', 'cursor']) {
    if (line.has(flag)) filter[flag] = line.one(flag);
  }
  for (const flag of ['since', 'until']) {
    const text = line.one(flag);
    if (text !== undefined) filter[flag] = parseInstant(flag, text, shell.now());
  }
  return filter;
}
