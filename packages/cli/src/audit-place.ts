/** Which audit store is meant, and the filters that commands on it share. */
import { existsSync } from 'node:fs';
import { SkillError, openAuditReader, statePlaces } from '@skill-engine/engine';
import type { AuditFilter, AuditReader } from '@skill-engine/engine';
import type { CommandLine } from './args.ts';
import type { Shell } from './shell.ts';
import { parseInstant } from './units.ts';

export function auditFile(line: CommandLine): string {
  return line.one('store') ?? statePlaces().auditFile;
}

/**
 * Only to read: it neither makes nor changes anything, so that it works where nothing can be written. Before the
 * first invocation there is no store, and nothing in it.
 *
 * @throws SkillError AUDIT_UNAVAILABLE for a store that was named and is not there
 */
export function openReader(line: CommandLine): AuditReader {
  const path = auditFile(line);
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
