/** Stores on disk, of whichever kind. */
import type { Durability } from './database.ts';
import { type AuditKind, auditKindOf } from './kind.ts';
import { openJsonLinesReader } from './lines-reader.ts';
import { type JsonLinesAuditStore, openJsonLinesAuditStore } from './lines.ts';
import type { Retention } from './retention.ts';
import {
  type AuditReader,
  openSqliteAuditStore,
  openSqliteReader,
  type SqliteAuditStore,
} from './sqlite.ts';

/** What {@link openDiskAuditStore} takes. */
export interface DiskAuditOptions {
  /** Path of the store's file. */
  readonly path: string;
  /** Default: JSON lines where its name ends in `.jsonl`, or such a store's lock is beside it; else SQLite. */
  readonly kind?: AuditKind | undefined;
  /** As in `openSqliteAuditStore`. Default `power`. */
  readonly durability?: Durability | undefined;
  /** How long to wait for other writers, in milliseconds. Default 10 000. */
  readonly busyTimeoutMs?: number | undefined;
  /** What is kept, as in `openSqliteAuditStore` and `openJsonLinesAuditStore`. Default: everything. */
  readonly retention?: Retention | undefined;
}

/**
 * Opens a store on disk to write.
 *
 * @throws SkillError AUDIT_UNAVAILABLE as `openSqliteAuditStore` and `openJsonLinesAuditStore` do
 */
export async function openDiskAuditStore(
  options: DiskAuditOptions,
): Promise<SqliteAuditStore | JsonLinesAuditStore> {
  const { path, kind = auditKindOf(path), durability, busyTimeoutMs = 10_000, retention } = options;
  return kind === 'jsonl'
    ? await openJsonLinesAuditStore({ path, durability, busyTimeoutMs, retention })
    : await openSqliteAuditStore({ path, durability, busyTimeoutMs, retention });
}

/**
 * Opens a store to look at it: nothing is made, marked or written, so it may be read-only, and others may write meanwhile.
 * A store that is not there is an empty one. Its kind is found as for `openDiskAuditStore`.
 *
 * @throws SkillError AUDIT_UNAVAILABLE when it cannot be read
 */
export function openAuditReader(
  options: Pick<DiskAuditOptions, 'path' | 'busyTimeoutMs'>,
): AuditReader {
  const { path, busyTimeoutMs = 10_000 } = options;
  return auditKindOf(path) === 'jsonl'
    ? openJsonLinesReader(path)
    : openSqliteReader({ path, busyTimeoutMs });
}
