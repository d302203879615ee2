/** What is installed, from the locks of the project and the operator. */
import { storesOf } from '@skill-engine/engine';
import { type Shell, widthOf } from './shell.ts';
import { renderTable } from './table.ts';

export interface InstalledRow {
  readonly name: string;
  readonly version: string;
  readonly scope: 'user' | 'project';
  readonly trust: string;
  readonly signature: string;
  /** False for an entry that this operator did not approve, or that was edited. */
  readonly approved: boolean;
  readonly digest: string;
  readonly source: string;
  readonly grants: readonly string[];
}

export async function installedSkills(): Promise<readonly InstalledRow[]> {
  const rows: InstalledRow[] = [];
  for (const store of storesOf()) {
    for (const { entry, sealed } of await store.list()) {
      rows.push({
        name: entry.name,
        version: entry.version,
        scope: store.scope,
        trust: entry.trust,
        signature: entry.signature.state,
        approved: sealed,
        digest: entry.digest,
        source: entry.source,
        grants: entry.approval.grants,
      });
    }
  }
  return rows;
}

export function installedTable(rows: readonly InstalledRow[], shell: Shell): string {
  return renderTable(
    [
      { title: 'INSTALLED' },
      { title: 'VERSION' },
      { title: 'STORE' },
      { title: 'TRUST' },
      { title: 'SIGNATURE' },
      { title: 'APPROVED' },
      { title: 'MAY', flexible: true },
      { title: 'FROM', flexible: true },
    ],
    rows.map((row) => [
      row.name,
      row.version,
      row.scope,
      row.trust,
      row.signature,
      row.approved ? 'yes' : 'no',
      row.grants.join('; ') || 'nothing',
      row.source,
    ]),
    { width: widthOf(shell.stdout) },
  );
}
