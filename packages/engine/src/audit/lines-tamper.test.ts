import { appendFile, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporary } from '../../../../test/support/audit.ts';
import { sampleIntent, sampleOutcome } from './contract.ts';
import { verifyJsonLinesAudit } from './lines-verify-file.ts';
import { type JsonLinesAuditStore, openJsonLinesAuditStore } from './lines.ts';

const refused = expect.objectContaining({ code: 'AUDIT_UNAVAILABLE' }) as Error;

async function fill(store: JsonLinesAuditStore, count: number, prefix: string): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    const intent = sampleIntent({ execution_id: `${prefix}-${n}`, user: 'Ada\u2028\u2029é' });
    await Promise.all([store.begin(intent), store.finish(sampleOutcome(intent.execution_id))]);
  }
}

/** A closed store of ten invocations, a checkpoint and two more: 25 lines. */
async function filled(directory: string, name = 'audit.jsonl') {
  const path = join(directory, name);
  await using store = await openJsonLinesAuditStore({ path });
  await fill(store, 10, 'a');
  expect(await store.checkpoint()).toBe(true);
  expect(await store.checkpoint()).toBe(false);
  await fill(store, 2, 'b');
  return path;
}

type Change = (lines: string[]) => void;
const swap = (lines: string[], a: number, b: number): void => {
  [lines[a], lines[b]] = [lines[b]!, lines[a]!];
};

const changes: readonly [name: string, entry: number, change: Change][] = [
  ['a field changed', 4, (lines) => (lines[3] = lines[3]!.replace('success', 'failure'))],
  ['the same, written differently', 4, (lines) => (lines[3] = lines[3]!.replace('{', '{ '))],
  ['a line removed', 5, (lines) => lines.splice(4, 1)],
  ['a line twice', 5, (lines) => lines.splice(5, 0, lines[4]!)],
  ['two lines exchanged', 7, (lines) => swap(lines, 6, 7)],
  ['an empty line', 3, (lines) => lines.splice(2, 0, '')],
  ['half a line with an end', 25, (lines) => (lines[24] = lines[24]!.slice(0, 80))],
  ['the checkpoint removed', 21, (lines) => lines.splice(20, 1)],
  ['the last line cut off', 25, (lines) => lines.splice(24, 1)],
  ['the end cut off', 22, (lines) => lines.splice(21)],
  ['everything cut off', 1, (lines) => lines.splice(0)],
];

describe('a file that is not what was written', () => {
  test.each(changes)(
    '%s: entry %i is named, and nothing is written or repaired',
    async (_, seq, change) => {
      await using directory = await temporary();
      const path = await filled(directory.path);
      const lines = (await readFile(path, 'utf8')).split('\n').slice(0, -1);
      expect(lines).toHaveLength(25);
      change(lines);
      const text = lines.map((line) => `${line}\n`).join('');
      await writeFile(path, text);
      expect(await verifyJsonLinesAudit({ path })).toMatchObject({ ok: false, broken: { seq } });
      await expect(openJsonLinesAuditStore({ path })).rejects.toThrow(refused);
      expect(await readFile(path, 'utf8')).toBe(text);
    },
  );

  test('the end cut off within a line is no crash', async () => {
    await using directory = await temporary();
    const path = await filled(directory.path);
    truncateSync(path, (await readFile(path)).length - 1);
    expect(await verifyJsonLinesAudit({ path })).toMatchObject({ broken: { kind: 'truncated' } });
    await expect(openJsonLinesAuditStore({ path })).rejects.toThrow(refused);
  });

  test('another store in its place, an older copy, and no .head', async () => {
    await using directory = await temporary();
    const path = await filled(directory.path);
    const older = await readFile(path);
    const other = await filled(directory.path, 'other.jsonl');
    {
      await using store = await openJsonLinesAuditStore({ path });
      await fill(store, 1, 'c');
    }
    const good = await readFile(path);
    for (const bytes of [older, await readFile(other)]) {
      await writeFile(path, bytes);
      expect(await verifyJsonLinesAudit({ path })).toMatchObject({ ok: false });
      await expect(openJsonLinesAuditStore({ path })).rejects.toThrow(refused);
    }
    await writeFile(path, good);
    expect(await verifyJsonLinesAudit({ path })).toMatchObject({ ok: true, records: 13 });
    await rm(`${path}.head`);
    expect(await verifyJsonLinesAudit({ path })).toMatchObject({ ok: false });
    await expect(openJsonLinesAuditStore({ path })).rejects.toThrow(refused);
  });

  test("held against another store's public key, its checkpoint is not signed", async () => {
    await using directory = await temporary();
    const path = await filled(directory.path);
    const { publicKey } = await openJsonLinesAuditStore({
      path: join(directory.path, 'x.jsonl'),
    }).then(async (store) => {
      await store.close();
      return store;
    });
    expect(await verifyJsonLinesAudit({ path, publicKey })).toMatchObject({
      broken: { kind: 'signature', seq: 21 },
    });
  });
});

describe('under a running writer', () => {
  test.each<[string, (path: string) => unknown]>([
    ['cut off', async (path) => truncateSync(path, (await readFile(path)).length - 200)],
    ['lengthened', (path) => appendFile(path, 'x')],
    ['moved away', (path) => rename(path, `${path}.1`)],
    ['removed', (path) => rm(path)],
  ])('%s: nothing more is written', async (_, change) => {
    await using directory = await temporary();
    const path = join(directory.path, 'audit.jsonl');
    await using store = await openJsonLinesAuditStore({ path });
    await fill(store, 3, 'a');
    await change(path);
    await expect(store.begin(sampleIntent())).rejects.toThrow(refused);
  });
});

describe('a JSON-lines store', () => {
  test('has one line of canonical JSON for each entry, and verifies while it is written', async () => {
    await using directory = await temporary();
    const path = join(directory.path, 'audit.jsonl');
    await using store = await openJsonLinesAuditStore({ path, durability: 'process' });
    await Promise.all([fill(store, 20, 'a'), fill(store, 20, 'b')]);
    expect(await store.verify()).toMatchObject({ ok: true, entries: 80, records: 40 });
    const [first = ''] = (await readFile(path, 'utf8')).split('\n');
    expect(Object.keys(JSON.parse(first) as object)).toEqual([
      'body',
      'execution_id',
      'hash',
      'kind',
      'mac',
      'seq',
    ]);
    expect(JSON.parse(first)).toMatchObject({ seq: 1, body: { user: 'Ada\u2028\u2029é' } });
  });

  test('signs after a thousand entries', async () => {
    await using directory = await temporary();
    const path = join(directory.path, 'audit.jsonl');
    await using store = await openJsonLinesAuditStore({ path, durability: 'process' });
    await Promise.all(
      Array.from({ length: 1001 }, (_, n) => store.begin(sampleIntent({ execution_id: `i${n}` }))),
    );
    expect(await store.verify()).toMatchObject({ ok: true, checkpoints: 1, records: 1001 });
  });

  test('refuses a second writer, and lets it in when the first has closed', async () => {
    await using directory = await temporary();
    const path = join(directory.path, 'audit.jsonl');
    const first = await openJsonLinesAuditStore({ path });
    const second = openJsonLinesAuditStore({ path, busyTimeoutMs: 0 });
    await expect(second).rejects.toThrow('one writer at a time');
    const waiting = openJsonLinesAuditStore({ path, busyTimeoutMs: 20_000 });
    await first.begin(sampleIntent({ execution_id: 'left' }));
    await first.close();
    await using third = await waiting;
    expect(await third.get('left')).toMatchObject({ status: 'interrupted' });
  });
});
