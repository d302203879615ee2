/** Which kind of store a path means. */
import { existsSync } from 'node:fs';

/** `sqlite`: a database, for many writers. `jsonl`: JSON lines, for one writer and for shipping to log systems. */
export type AuditKind = 'sqlite' | 'jsonl';

/**
 * By its name, or the lock beside it. Its content is not looked at: to open and close a database by other means would drop
 * the locks that this process holds on it (fcntl(2)).
 */
export function auditKindOf(path: string): AuditKind {
  return path.endsWith('.jsonl') || existsSync(`${path}.lock`) ? 'jsonl' : 'sqlite';
}
