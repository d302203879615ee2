import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporary } from '../../../../test/support/audit.ts';
import { sampleIntent, sampleOutcome } from './contract.ts';
import { openAuditReader } from './disk.ts';
import { exportAudit, importAudit, verifyExport } from './export.ts';
import { namesOf, openSegments, segmentPath } from './lines-segments.ts';
import { verifyJsonLinesAudit } from './lines-verify-file.ts';
import {
  type JsonLinesAuditOptions,
  type JsonLinesAuditStore,
  openJsonLinesAuditStore,
} from './lines.ts';

const refused = expect.objectContaining({ code: 'AUDIT_UNAVAILABLE' }) as Error;

/** A file is closed behind a few entries. */
const rotate = { bytes: 4000 };

const open = (path: string, more: Partial<JsonLinesAuditOptions> = {}) =>
  openJsonLinesAuditStore({ path, durability: 'process', rotate, ...more });

async function fill(store: JsonLinesAuditStore, count: number, prefix = 'a'): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    const intent = sampleIntent({ execution_id: `${prefix}-${n}` });
    await Promise.all([store.begin(intent), store.finish(sampleOutcome(intent.execution_id))]);
  }
}

/** A closed store of twenty invocations in several files. */
async function filled(folder: string, more: Partial<JsonLinesAuditOptions> = {}) {
  const path = join(folder, 'audit.jsonl');
  await using store = await open(path, more);
  await fill(store, 20);
  return path;
}

/** Full names of the closed files, oldest first. */
function closed(path: string): string[] {
  const folder = join(path, '..');
  return readdirSync(folder)
    .filter((name) => /^audit\.jsonl\.\d+$/.test(name))
    .toSorted()
    .map((name) => join(folder, name));
}

const linesOf = (file: string) => readFileSync(file, 'utf8').split('\n').slice(0, -1);
const parse = (line = '{}') => JSON.parse(line) as { seq: number; kind: string; body: object };

describe('rotation', () => {
  test('closes files behind a signed entry, named by their first; all of it is read as one record', async () => {
    await using directory = await temporary();
    const path = await filled(directory.path);
    const files = closed(path);
    expect(files.length).toBeGreaterThan(3);
    let next = 1;
    for (const file of files) {
      const lines = linesOf(file);
      expect(file).toBe(`${path}.${String(next).padStart(12, '0')}`);
      expect(parse(lines[0]).seq).toBe(next);
      expect(parse(lines.at(-1)).kind).toBe('checkpoint');
      expect(statSync(file).mode & 0o777).toBe(0o600);
      next = parse(lines.at(-1)).seq + 1;
    }
    await using store = await open(path);
    await fill(store, 1, 'b');
    expect(await store.verify()).toMatchObject({ ok: true, records: 21, prunedThrough: 0 });
    const ids = (await store.query({ limit: 100 })).records.map((one) => one.execution_id);
    expect(ids).toEqual(['b-0', ...Array.from({ length: 20 }, (_, n) => `a-${19 - n}`)]);
    expect(await store.get('a-0')).toMatchObject({ status: 'success' });
    expect((await store.stats()).executions).toBe(21);
    await using reader = openAuditReader({ path });
    expect(await reader.query({ limit: 100 })).toEqual(await store.query({ limit: 100 }));
    expect(await reader.stats()).toEqual(await store.stats());
    expect(await reader.entries(0, 10_000)).toEqual(await store.entries(0, 10_000));
  });

  test('goes by age, too', async () => {
    await using directory = await temporary();
    const path = join(directory.path, 'audit.jsonl');
    {
      await using store = await open(path, { rotate: {} });
      await store.begin(
        sampleIntent({ execution_id: 'old', timestamp: '2026-01-01T00:00:00.000Z' }),
      );
      await store.finish(sampleOutcome('old'));
      expect(closed(path)).toEqual([]);
    }
    await using store = await open(path, { rotate: { ageMs: 60_000 } });
    await fill(store, 1, 'new');
    expect(closed(path)).toHaveLength(1);
    expect(await store.verify()).toMatchObject({ ok: true, records: 2 });
  });

  test('a reader goes on over it, and sees what comes behind it', async () => {
    await using directory = await temporary();
    const path = join(directory.path, 'audit.jsonl');
    await using reader = openAuditReader({ path });
    expect(await reader.query()).toMatchObject({ records: [] });
    await using store = await open(path);
    let after = 0;
    const seen: string[] = [];
    for (let round = 0; round < 12; round += 1) {
      await fill(store, 2, `r${round}`);
      for (const { seq, kind, body } of await reader.entries(after, 100)) {
        after = seq;
        if (kind === 'outcome')
          seen.push((JSON.parse(body) as { execution_id: string }).execution_id);
      }
    }
    expect(closed(path).length).toBeGreaterThan(2);
    expect(seen).toEqual(Array.from({ length: 24 }, (_, n) => `r${n >> 1}-${n % 2}`));
    expect(await reader.verify()).toMatchObject({ ok: true, records: 24 });
  });

  test('between two looks of a reader is no gap and no second copy', async () => {
    await using directory = await temporary();
    const path = join(directory.path, 'audit.jsonl');
    const [first, second, third] = [1, 5, 9].map((number) => segmentPath(path, number));
    writeFileSync(first!, 'one');
    writeFileSync(second!, 'two');
    writeFileSync(path, 'three');
    let looks = 0;
    const read = (change: () => void) => {
      looks = 0;
      const opened = openSegments(path, false, (of) => {
        const names = namesOf(of);
        looks += 1;
        if (looks > 1) return names;
        change();
        return namesOf(of).length > names.length ? namesOf(of) : names;
      });
      const found = opened.map(({ path: file }) => file);
      for (const segment of opened) segment[Symbol.dispose]();
      return found;
    };
    const close = () => {
      renameSync(path, third!);
      writeFileSync(path, 'four');
    };
    expect(read(close)).toEqual([first, second, third, path]);
    expect(looks).toBe(2);
    expect(read(() => rmSync(first!))).toEqual([second, third, path]);
    expect(looks).toBe(2);
    expect(read(() => undefined)).toEqual([second, third, path]);
    expect(looks).toBe(1);
  });

  test('that finds something under the new name writes nothing over it', async () => {
    await using directory = await temporary();
    const path = join(directory.path, 'audit.jsonl');
    await using store = await open(path);
    writeFileSync(`${path}.000000000001`, 'evidence', { mode: 0o600 });
    await expect(fill(store, 20)).rejects.toThrow(refused);
    expect(readFileSync(`${path}.000000000001`, 'utf8')).toBe('evidence');
  });
});

describe('a crash within a rotation', () => {
  const steps: [string, (path: string) => void][] = [
    ['before anything is renamed', (path) => writeFileSync(`${path}.next`, '', { mode: 0o600 })],
    [
      'between the two renames',
      (path) => {
        writeFileSync(`${path}.next`, '', { mode: 0o600 });
        renameSync(path, `${path}.${String(parse(linesOf(path)[0]).seq).padStart(12, '0')}`);
      },
    ],
    [
      'behind both',
      (path) => {
        renameSync(path, `${path}.${String(parse(linesOf(path)[0]).seq).padStart(12, '0')}`);
        writeFileSync(path, '', { mode: 0o600 });
      },
    ],
  ];
  test.each(steps)('%s loses nothing', async (_, crash) => {
    await using directory = await temporary();
    const path = await filled(directory.path);
    crash(path);
    expect(await verifyJsonLinesAudit({ path })).toMatchObject({ ok: true, records: 20 });
    await using reader = openAuditReader({ path });
    expect((await reader.stats()).executions).toBe(20);
    await using store = await open(path);
    await fill(store, 10, 'b');
    expect(await store.verify()).toMatchObject({ ok: true, records: 30 });
    expect((await store.stats()).statuses).toEqual({ success: 30 });
  });

  test('between the summary and the removal: what is left is read no more, and removed at the next opening', async () => {
    await using directory = await temporary();
    const path = await filled(directory.path);
    const files = closed(path);
    const copies = files.map((file) => readFileSync(file));
    let pruned;
    {
      await using store = await open(path);
      pruned = await store.prune({ maxRecords: 5 });
    }
    const gone = files.filter((file) => !existsSync(file));
    expect(gone.length).toBeGreaterThan(1);
    for (const file of gone) writeFileSync(file, copies[files.indexOf(file)]!, { mode: 0o600 });
    const records = 20 - pruned!.records;
    expect(await verifyJsonLinesAudit({ path })).toMatchObject({ ok: true, records });
    await using reader = openAuditReader({ path });
    expect((await reader.stats()).executions).toBe(records);
    await using store = await open(path);
    expect((await store.stats()).executions).toBe(records);
    expect(gone.some((file) => existsSync(file))).toBe(false);
  });
});

describe('retention', () => {
  test('removes whole files that hold nothing to be kept, behind a signed summary; the rest verifies', async () => {
    await using directory = await temporary();
    const path = await filled(directory.path);
    const before = closed(path);
    await using store = await open(path);
    const pruned = await store.prune({ maxRecords: 7 });
    expect(pruned?.records).toBeGreaterThan(5);
    expect((await store.stats()).executions).toBe(20 - pruned!.records);
    expect(20 - pruned!.records).toBeGreaterThanOrEqual(7);
    expect(closed(path).length).toBeLessThan(before.length);
    const found = await store.verify();
    expect(found).toMatchObject({ ok: true, prunedThrough: pruned!.through });
    const [first] = linesOf(path);
    expect(parse(first)).toMatchObject({
      kind: 'prune',
      body: { first: 1, through: pruned!.through, records: pruned!.records, statement: 'prune' },
    });
    expect(await store.prune({ maxRecords: 7 })).toBeUndefined();
    await fill(store, 10, 'b');
    // An end that was kept elsewhere still has its place.
    const kept = { seq: found.head.seq, hash: found.head.hash };
    expect(await store.verify({ kept })).toMatchObject({ ok: true });
  });

  test('goes by bytes and age, and can remove everything; ids are free again behind it', async () => {
    await using directory = await temporary();
    const path = await filled(directory.path);
    const size = () => [...closed(path), path].reduce((sum, file) => sum + statSync(file).size, 0);
    {
      await using store = await open(path);
      await store.prune({ maxBytes: 9000 });
      expect(size()).toBeLessThan(9000 + 3 * rotate.bytes);
      expect((await store.stats()).executions).toBeGreaterThan(3);
      await store.prune({ maxAgeMs: 1000 });
      expect((await store.stats()).executions).toBe(0);
      expect(await store.prune({ maxRecords: 0 })).toBeUndefined();
      expect(await store.verify()).toMatchObject({ ok: true, records: 0 });
    }
    await using store = await open(path);
    await fill(store, 20);
    expect(await store.verify()).toMatchObject({ ok: true, records: 20 });
  });

  test('is applied at opening and whenever a file is closed', async () => {
    await using directory = await temporary();
    const path = await filled(directory.path);
    {
      await using store = await open(path, { retention: { maxRecords: 3 } });
      expect((await store.stats()).executions).toBeLessThan(10);
      await fill(store, 40, 'b');
    }
    await using store = await open(path);
    expect((await store.stats()).executions).toBeLessThan(12);
    expect(closed(path).length).toBeLessThan(4);
    expect(await store.verify()).toMatchObject({ ok: true });
  });

  const changes: [string, (file: string) => void][] = [
    ['changed', (file) => writeFileSync(file, readFileSync(file, 'utf8').replace('ada', 'eve'))],
    ['removed', (file) => rmSync(file)],
    ['written to', (file) => writeFileSync(file, 'more', { flag: 'a' })],
    ['cut', (file) => truncateSync(file, 200)],
    [
      'exchanged for a copy',
      (file) => {
        copyFileSync(file, `${file}x`);
        renameSync(`${file}x`, file);
      },
    ],
  ];
  test.each(changes)(
    'covers nothing: a closed file that was %s under the writer is not removed, and nothing more is written',
    async (_, change) => {
      await using directory = await temporary();
      const path = await filled(directory.path);
      const store = await open(path, { retention: { maxBytes: 1e9 } });
      const [first, second] = closed(path);
      change(second!);
      const bytes = readFileSync(first!);
      await expect(store.prune({ maxRecords: 3 })).rejects.toThrow(refused);
      expect(readFileSync(first!)).toEqual(bytes);
      await expect(fill(store, 1, 'b')).rejects.toThrow(refused);
      await store.close();
    },
  );

  test('keeps what runs; of one that began in a removed file and ended in the next, the summary says so', async () => {
    await using directory = await temporary();
    const path = join(directory.path, 'audit.jsonl');
    const store = await open(path);
    await store.begin(sampleIntent({ execution_id: 'long' }));
    await fill(store, 10);
    expect(await store.prune({ maxRecords: 0 })).toBeUndefined();
    const first = closed(path)[0]!;
    await store.finish(sampleOutcome('long'));
    await fill(store, 1, 'b');
    await store.prune({ maxRecords: 3 });
    expect(existsSync(first)).toBe(false);
    expect(parse(linesOf(path)[0])).toMatchObject({ body: { open: ['long'] } });
    expect(await store.get('long')).toBeUndefined();
    expect(await store.verify()).toMatchObject({ ok: true });
    await store.close();
    await using again = await open(path);
    expect(Object.keys((await again.stats()).statuses)).toEqual(['success']);
  });

  test('is exported, verified and imported as it is', async () => {
    await using directory = await temporary();
    const path = await filled(directory.path);
    {
      await using store = await open(path);
      await store.prune({ maxRecords: 7 });
    }
    const { publicKey } = await verifyExport(exportAudit(path));
    const copy = join(directory.path, 'copy.sqlite');
    await importAudit(exportAudit(path), copy, { publicKey });
    await using reader = openAuditReader({ path: copy });
    await using own = openAuditReader({ path });
    expect(await reader.query({ limit: 100 })).toEqual(await own.query({ limit: 100 }));
    expect(await reader.verify()).toMatchObject({ ok: true });
  });
});

describe('whoever has the files, and no key', () => {
  type Attack = (files: string[], path: string, seconds: string) => void;
  const swap = (a: string, b: string): void => {
    renameSync(a, `${a}x`);
    renameSync(b, a);
    renameSync(`${a}x`, b);
  };
  const attacks: [string, Attack][] = [
    ['removes the oldest file', ([first]) => rmSync(first!)],
    ['removes a file in the middle', ([, second]) => rmSync(second!)],
    ['removes the newest closed file', (files) => rmSync(files.at(-1)!)],
    ['removes the file that grows', (_, path) => rmSync(path)],
    ['removes all closed files', (files) => files.forEach((file) => rmSync(file))],
    ['exchanges two files', ([first, second]) => swap(first!, second!)],
    ['exchanges a file with the one that grows', ([first], path) => swap(first!, path)],
    ['copies a file to another name', ([first, second]) => copyFileSync(first!, second!)],
    ['puts a file in twice', ([first], path) => copyFileSync(first!, `${path}.000000009999`)],
    [
      'puts in an empty file',
      (_, path) => writeFileSync(`${path}.000000009999`, '', { mode: 0o600 }),
    ],
    ["puts in another store's file", ([first], _, other) => copyFileSync(other, first!)],
    ['cuts off the end of a closed file', ([, file]) => cutLastLine(file!)],
    [
      'cuts a closed file within a line',
      ([, file]) => truncateSync(file!, statSync(file!).size - 5),
    ],
    [
      'writes behind the end of a closed file',
      ([, file]) => writeFileSync(file!, 'more', { flag: 'a' }),
    ],
    [
      'changes an outcome in a closed file',
      ([, file]) =>
        writeFileSync(file!, readFileSync(file!, 'utf8').replace('"success"', '"failure"')),
    ],
    [
      'moves a line from the end of a file to the beginning of the next',
      ([first, second]) => {
        const line = linesOf(first!).at(-1)!;
        cutLastLine(first!);
        writeFileSync(second!, `${line}\n${readFileSync(second!, 'utf8')}`);
      },
    ],
    [
      'removes files behind a summary of its own',
      ([first, second]) => {
        const { hash } = JSON.parse(linesOf(first!).at(-1)!) as { hash: string };
        const body = { statement: 'prune', through: parse(linesOf(first!).at(-1)).seq, head: hash };
        const [line = '', ...rest] = linesOf(second!);
        const forged = JSON.stringify({ ...(JSON.parse(line) as object), kind: 'prune', body });
        writeFileSync(second!, [forged, ...rest, ''].join('\n'));
        rmSync(first!);
      },
    ],
  ];

  test.each(attacks)('%s: found, and nothing is written', async (_, attack) => {
    await using directory = await temporary();
    await using elsewhere = await temporary();
    const other = closed(await filled(elsewhere.path))[0]!;
    const path = await filled(directory.path);
    attack(closed(path), path, other);
    const after = [path, ...closed(path)].filter((file) => existsSync(file));
    const bytes = after.map((file) => readFileSync(file));
    expect(await verifyJsonLinesAudit({ path })).toMatchObject({ ok: false });
    await expect(open(path)).rejects.toThrow(refused);
    expect(after.map((file) => readFileSync(file))).toEqual(bytes);
  });

  test('removes more than the summary says, or takes an older one of this store', async () => {
    await using directory = await temporary();
    const path = await filled(directory.path);
    const store = await open(path);
    await store.prune({ maxRecords: 15 });
    const older = linesOf(path)[0]!;
    await fill(store, 10, 'b');
    await store.prune({ maxRecords: 8 });
    await fill(store, 1, 'c');
    await store.close();
    const newer = readFileSync(path, 'utf8');
    writeFileSync(path, [older, ...newer.split('\n').slice(1)].join('\n'));
    expect(await verifyJsonLinesAudit({ path })).toMatchObject({ ok: false });
    writeFileSync(path, newer);
    expect(await verifyJsonLinesAudit({ path })).toMatchObject({ ok: true });
    rmSync(closed(path)[0]!);
    expect(await verifyJsonLinesAudit({ path })).toMatchObject({
      ok: false,
      broken: { kind: 'missing' },
    });
    await expect(open(path)).rejects.toThrow(refused);
  });

  test('a closed file that is a link, or open to others, is refused by a writer', async () => {
    await using directory = await temporary();
    const path = await filled(directory.path);
    const [first] = closed(path);
    writeFileSync(join(directory.path, 'moved'), readFileSync(first!), { mode: 0o644 });
    rmSync(first!);
    renameSync(join(directory.path, 'moved'), first!);
    await expect(open(path)).rejects.toThrow(refused);
  });
});

test('a line that is none is told by a reader, with its place', async () => {
  await using directory = await temporary();
  const path = await filled(directory.path);
  await appendFile(path, 'no entry\n');
  await using reader = openAuditReader({ path });
  await expect(reader.query()).rejects.toThrow(/has a line at byte \d+ that is no entry/);
});

function cutLastLine(file: string): void {
  writeFileSync(file, [...linesOf(file).slice(0, -1), ''].join('\n'));
}
