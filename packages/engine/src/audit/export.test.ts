/** What was exported verifies wherever it is, and every change of it is found. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { temporary } from '../../../../test/support/audit.ts';
import { sampleIntent, sampleOutcome } from './contract.ts';
import { exportAudit, importAudit, verifyExport } from './export.ts';
import { auditPublicKey } from './public-key.ts';
import { openAuditReader } from './disk.ts';
import { openSqliteAuditStore } from './sqlite.ts';

async function filled(directory: string, name = 'audit.db'): Promise<string> {
  const path = join(directory, name);
  await using store = await openSqliteAuditStore({ path });
  for (let n = 0; n < 6; n += 1) {
    const intent = sampleIntent({ execution_id: `id-${n}`, user: '\u202e\ud800\u0000"\n' });
    await Promise.all([store.begin(intent), store.finish(sampleOutcome(`id-${n}`))]);
  }
  await store.checkpoint();
  await store.begin(sampleIntent({ execution_id: 'open' }));
  return path;
}

async function linesOf(path: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of exportAudit(path)) lines.push(line.slice(0, -1));
  return lines;
}

async function* stream(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

test('an export verifies, and the store that is made of it says and verifies the same', async () => {
  await using directory = await temporary();
  const path = await filled(directory.path);
  const lines = await linesOf(path);
  expect(lines).toHaveLength(1 + 14 + 1);
  const { pem: publicKey } = auditPublicKey(path);
  expect(await verifyExport(stream(lines), { publicKey })).toMatchObject({
    ok: true,
    entries: 14,
    records: 7,
    checkpoints: 1,
  });
  const copy = join(directory.path, 'elsewhere', 'copy.db');
  await importAudit(stream(lines), copy, { publicKey });
  await using own = openAuditReader({ path });
  await using other = openAuditReader({ path: copy });
  expect(await other.query()).toEqual(await own.query());
  expect(await other.stats()).toEqual(await own.stats());
  expect(await other.verify()).toMatchObject({ ok: true, entries: 14 });
  expect((await linesOf(copy)).slice(0, -1)).toEqual(lines.slice(0, -1));
  expect(await verifyExport(stream(await linesOf(copy)), { publicKey })).toMatchObject({
    ok: true,
  });
  await expect(openSqliteAuditStore({ path: copy })).rejects.toMatchObject({
    code: 'AUDIT_UNAVAILABLE',
  });
});

test('a pruned store exports what is left', async () => {
  await using directory = await temporary();
  const path = await filled(directory.path);
  {
    await using store = await openSqliteAuditStore({ path });
    await store.finish(sampleOutcome('open')).catch(() => undefined);
    expect(await store.prune({ maxRecords: 3 })).toMatchObject({ records: 4 });
  }
  const copy = join(directory.path, 'copy.db');
  expect(await importAudit(stream(await linesOf(path)), copy)).toMatchObject({
    ok: true,
    records: 3,
  });
  await using other = openAuditReader({ path: copy });
  expect(await other.verify()).toMatchObject({ ok: true, prunedThrough: 8 });
});

const edit = (line: string): string =>
  line.replace('"skill_name":"text-stats"', '"skill_name":"other"');

describe('a changed export', () => {
  test.each<[string, (lines: string[]) => string[], string, number]>([
    ['a record changed', (l) => l.with(5, edit(l[5]!)), 'changed', 5],
    ['a record removed', (l) => l.toSpliced(5, 1), 'missing', 5],
    ['records swapped', (l) => l.with(5, l[6]!).with(6, l[5]!), 'missing', 5],
    ['a record twice', (l) => l.toSpliced(5, 0, l[4]!), 'order', 4],
    ['the last record removed', (l) => l.toSpliced(-2, 1), 'truncated', 14],
    ['the end removed', (l) => l.slice(0, -1), 'truncated', 15],
    ['everything but the end removed', (l) => [l[0]!, l.at(-1)!], 'truncated', 1],
  ])('%s', async (_title, change, kind, seq) => {
    await using directory = await temporary();
    const lines = await linesOf(await filled(directory.path));
    const changed = change(lines);
    expect((await verifyExport(stream(changed))).broken).toMatchObject({ kind, seq });
    const copy = join(directory.path, 'copy.db');
    await expect(importAudit(stream(changed), copy)).rejects.toMatchObject({
      code: 'AUDIT_BROKEN',
    });
    expect(existsSync(copy)).toBe(false);
  });

  test('what is no export at all', async () => {
    for (const lines of [[], [''], ['{"format":"other"}'], ['{}', '{}']]) {
      await expect(verifyExport(stream(lines))).rejects.toMatchObject({ code: 'AUDIT_BROKEN' });
    }
    await using directory = await temporary();
    const [header = '', ...rest] = await linesOf(await filled(directory.path));
    await expect(verifyExport(stream([header, 'nonsense', ...rest]))).rejects.toMatchObject({
      code: 'AUDIT_BROKEN',
    });
    await expect(verifyExport(stream([header, ...rest, rest[0]!]))).rejects.toMatchObject({
      code: 'AUDIT_BROKEN',
    });
  });

  test('one that somebody else made up verifies by itself, and not by the key that is known', async () => {
    await using directory = await temporary();
    const path = await filled(directory.path);
    const forged = await linesOf(await filled(directory.path, 'forged.db'));
    expect(await verifyExport(stream(forged))).toMatchObject({ ok: true });
    const { pem: publicKey } = auditPublicKey(path);
    expect((await verifyExport(stream(forged), { publicKey })).broken).toMatchObject({
      kind: 'signature',
    });
  });

  test('an older one, by an end that was kept elsewhere', async () => {
    await using directory = await temporary();
    const path = await filled(directory.path);
    const lines = await linesOf(path);
    {
      await using store = await openSqliteAuditStore({ path });
      await store.begin(sampleIntent());
    }
    await using reader = openAuditReader({ path });
    const { head: kept } = await reader.verify();
    expect((await verifyExport(stream(lines), { kept })).broken).toMatchObject({
      kind: 'truncated',
      seq: 15,
    });
  });
});

test('an end that was kept elsewhere finds a store that was made anew with keys of its own', async () => {
  await using directory = await temporary();
  const path = await filled(directory.path);
  await using before = openAuditReader({ path });
  const { head: kept } = await before.verify();
  for (const suffix of ['', '.key', '.signing', '.head']) await rm(path + suffix);
  await filled(directory.path);
  await using reader = openAuditReader({ path });
  expect(await reader.verify()).toMatchObject({ ok: true });
  expect((await reader.verify({ kept })).broken).toMatchObject({ kind: 'changed', seq: 14 });
});

test('an import that is ended on its way leaves nothing under the name of the store', async () => {
  await using directory = await temporary();
  const lines = await linesOf(await filled(directory.path));
  const copy = join(directory.path, 'copy.db');
  const { promise: reached, resolve } = Promise.withResolvers<void>();
  // Stands for a process that is killed: it never comes to its end.
  const half = (async function* () {
    yield* lines.slice(0, -1);
    resolve();
    await new Promise(() => undefined);
  })();
  void importAudit(half, copy);
  await reached;
  expect(existsSync(copy)).toBe(false);
  // Of another that was ended just before its last step.
  await writeFile(`${copy}.imported`, 'half', { mode: 0o600 });
  await importAudit(stream(lines), copy);
  await using reader = openAuditReader({ path: copy });
  expect(await reader.verify()).toMatchObject({ ok: true, entries: 14 });
});

test('an imported store whose end was cut is found', async () => {
  await using directory = await temporary();
  const copy = join(directory.path, 'copy.db');
  await importAudit(stream(await linesOf(await filled(directory.path))), copy);
  {
    using db = new DatabaseSync(copy);
    db.exec("DELETE FROM entry WHERE seq = 14; DELETE FROM execution WHERE execution_id = 'open'");
  }
  await using reader = openAuditReader({ path: copy });
  expect((await reader.verify()).broken).toMatchObject({ kind: 'truncated', seq: 14 });
  expect(await readFile(`${copy}.imported`, 'utf8')).toContain('BEGIN PUBLIC KEY');
});
