import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmdirSync } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sampleIntent, sampleOutcome } from './contract.ts';
import { verifyJsonLinesAudit } from './lines-verify-file.ts';
import { openJsonLinesAuditStore } from './lines.ts';

const temporary = () => mkdtempDisposable(join(tmpdir(), 'audit-'));
const here = (name: string) => JSON.stringify(new URL(name, import.meta.url).href);

test('a full disk refuses further invocations, leaves no half line, and loses no earlier record', async () => {
  await using directory = await temporary();
  const path = join(directory.path, 'audit.jsonl');
  // A limit on file size stands for the full disk; without a handler its signal would end the process.
  const program = `
    import { openJsonLinesAuditStore } from ${here('./lines.ts')};
    import { sampleIntent } from ${here('./contract.ts')};
    process.on('SIGXFSZ', () => {});
    const store = await openJsonLinesAuditStore({ path: process.env.AUDIT_PATH });
    const began = [], refused = [];
    for (let i = 0; i < 60; i++) {
      const intent = sampleIntent({ parameters: { text: 'x'.repeat(4000) } });
      await store.begin(intent).then(
        () => began.push(intent.execution_id),
        (error) => refused.push(error.code + ': ' + error.message),
      );
    }
    console.log(JSON.stringify({ began, refused }));`;
  const args = ['--fsize=131072', process.execPath, '--input-type=module', '-e', program];
  const options = ['--disable-warning=ExperimentalWarning'];
  const { stdout, stderr, status } = spawnSync('prlimit', args.toSpliced(2, 0, ...options), {
    env: { AUDIT_PATH: path },
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  const { began, refused } = JSON.parse(stdout) as { began: string[]; refused: string[] };
  expect(began.length).toBeGreaterThan(5);
  expect(refused.length).toBeGreaterThan(5);
  for (const reason of refused) {
    expect(reason).toMatch(
      /^AUDIT_UNAVAILABLE: The audit store could not be written .* so nothing runs\. .*space/,
    );
  }
  expect(await verifyJsonLinesAudit({ path })).toMatchObject({ ok: true, records: began.length });
  await using store = await openJsonLinesAuditStore({ path });
  const { records } = await store.query({ limit: 10_000 });
  expect(new Set(records.map((record) => record.execution_id))).toEqual(new Set(began));
  await store.begin(sampleIntent());
});

test('a file that cannot be closed refuses further invocations until it can', async () => {
  await using directory = await temporary();
  const path = join(directory.path, 'audit.jsonl');
  await using store = await openJsonLinesAuditStore({ path, rotate: { bytes: 1000 } });
  const run = async (id: string) => {
    await store.begin(sampleIntent({ execution_id: id }));
    await store.finish(sampleOutcome(id));
  };
  await run('first');
  // What is in the way of the new file is nothing that may be removed.
  mkdirSync(`${path}.next`);
  await expect(store.begin(sampleIntent())).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
  expect(await store.verify()).toMatchObject({ ok: true, records: 1 });
  expect((await store.get('first'))?.status).toBe('success');
  rmdirSync(`${path}.next`);
  await run('second');
  expect(await store.verify()).toMatchObject({ ok: true, records: 2 });
  expect(existsSync(`${path}.next`)).toBe(false);
  expect(readdirSync(directory.path).filter((name) => /\.\d+$/.test(name))).toHaveLength(1);
});
