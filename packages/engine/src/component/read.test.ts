import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readComponent } from './read.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'read-'));
});
afterAll(() => rm(directory, { recursive: true }));

const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('readComponent', () => {
  it('gives the bytes and their digest', async () => {
    const path = join(directory, 'a.wasm');
    const contents = new Uint8Array(5 * 1024 * 1024).map((_byte, index) => index % 251);
    await writeFile(path, contents);
    const file = await readComponent(path, { sha256: digest(contents).toUpperCase() });
    expect(file.sha256).toBe(digest(contents));
    expect(Buffer.compare(file.bytes, contents)).toBe(0);
  });

  it('shows both digests when the pin is another', async () => {
    const path = join(directory, 'pinned.wasm');
    await writeFile(path, 'abc');
    const pin = '0'.repeat(64);
    await expect(readComponent(path, { sha256: pin })).rejects.toMatchObject({
      code: 'COMPONENT_DIGEST_MISMATCH',
      message: expect.stringMatching(new RegExp(`${digest(Buffer.from('abc'))}.*${pin}`, 'u')),
      details: { found: digest(Buffer.from('abc')), expected: pin },
    });
  });

  it('reads an empty file, which is then no component', async () => {
    const path = join(directory, 'empty.wasm');
    await writeFile(path, '');
    expect((await readComponent(path)).bytes.byteLength).toBe(0);
  });

  it('refuses a file of 1 GiB before it reads it (GEN-10)', async () => {
    const path = join(directory, 'huge.wasm');
    await writeFile(path, '');
    await truncate(path, 1024 ** 3);
    await expect(readComponent(path)).rejects.toMatchObject({
      code: 'COMPONENT_TOO_LARGE',
      details: { found: 1024 ** 3, allowed: 64 * 1024 * 1024 },
    });
    await expect(readComponent(path, { maxBytes: 10 })).rejects.toMatchObject({
      details: { allowed: 10 },
    });
  });

  it.each([
    ['no such file', 'missing.wasm', /there is no such file/u],
    ['a directory', '.', /it is a directory/u],
    ['a file where a directory should be', 'a.wasm/b.wasm', /there is no such file/u],
  ])('refuses %s', async (_what, name, reason) => {
    await expect(readComponent(join(directory, name))).rejects.toThrow(
      expect.objectContaining({
        code: 'COMPONENT_NOT_FOUND',
        message: expect.stringMatching(reason),
      }),
    );
  });

  it.runIf(process.platform === 'linux')(
    'refuses devices, and FIFOs without waiting for a writer',
    async () => {
      const fifo = join(directory, 'fifo.wasm');
      execFileSync('mkfifo', [fifo]);
      for (const path of [fifo, '/dev/zero', '/proc/self/mem']) {
        await expect(readComponent(path)).rejects.toMatchObject({
          code: expect.stringMatching(/^COMPONENT_/u),
        });
      }
    },
  );

  it('refuses a file that has more bytes than it says', async () => {
    // Files of /proc say that they have none.
    await expect(readComponent('/proc/self/status')).rejects.toMatchObject({
      code: 'COMPONENT_NOT_FOUND',
    });
  });

  it.runIf(process.getuid?.() !== 0)('says that permission is denied', async () => {
    const path = join(directory, 'secret.wasm');
    await writeFile(path, 'x');
    await chmod(path, 0);
    await expect(readComponent(path)).rejects.toThrow(/permission is denied/u);
  });
});
