/** What the tests of audit stores share: a folder of their own, and a disk that is full. */
import { spawnSync } from 'node:child_process';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';

export const temporary = () => mkdtempDisposable(join(tmpdir(), 'audit-'));

const source = (path: string): string =>
  JSON.stringify(new URL(`../../packages/engine/src/audit/${path}`, import.meta.url).href);

/**
 * Begins invocations in a process whose files may grow to `bytes`, as on a full disk, and asserts that each one either began or
 * was refused as a store that has no space does.
 *
 * @param open `file#function` that opens the store
 * @returns the ids of those that began
 */
export function beginOnFullDisk(
  open: string,
  path: string,
  { bytes, times }: { readonly bytes: number; readonly times: number },
): string[] {
  const [file = '', name = ''] = open.split('#');
  const program = `
    import { ${name} as open } from ${source(file)};
    import { sampleIntent } from ${source('contract.ts')};
    process.on('SIGXFSZ', () => {});
    const store = await open({ path: process.env.AUDIT_PATH });
    const began = [], refused = [];
    for (let i = 0; i < ${times}; i++) {
      const intent = sampleIntent({ parameters: { text: 'x'.repeat(4000) } });
      await store.begin(intent).then(
        () => began.push(intent.execution_id),
        (error) => refused.push(error.code + ': ' + error.message),
      );
    }
    console.log(JSON.stringify({ began, refused }));`;
  const { began, refused } = onFullDisk(program, path, bytes) as {
    began: string[];
    refused: string[];
  };
  expect(began.length).toBeGreaterThan(5);
  expect(refused.length).toBeGreaterThan(5);
  for (const reason of refused) {
    expect(reason).toMatch(
      /^AUDIT_UNAVAILABLE: The audit store could not be written .* so nothing runs\. .*(disk|space)/,
    );
  }
  return began;
}

/** What a reader finds in a process in which no file may grow at all. */
export function readOnFullDisk(open: string, path: string): unknown {
  const [file = '', name = ''] = open.split('#');
  const program = `
    import { ${name} as open } from ${source(file)};
    process.on('SIGXFSZ', () => {});
    const reader = open({ path: process.env.AUDIT_PATH });
    const { records } = await reader.query();
    const { ok } = await reader.verify();
    await reader.close();
    console.log(JSON.stringify({ records: records.length, ok }));`;
  return onFullDisk(program, path, 0);
}

/** A limit on file size stands for the full disk; without a handler its signal would end the process. */
function onFullDisk(program: string, path: string, bytes: number): unknown {
  const node = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program];
  const { stdout, stderr, status } = spawnSync(
    'prlimit',
    [`--fsize=${bytes}`, process.execPath, ...node],
    { env: { AUDIT_PATH: path }, encoding: 'utf8' },
  );
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return JSON.parse(stdout);
}
