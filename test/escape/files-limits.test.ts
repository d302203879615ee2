/** FS-24 … FS-35: what is no file, what is too long, too many or endless, and names that mean more than a name. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { outcome, probe } from '../guests/probe.ts';
import { attempts, type Bench, countTurns, expectFailure, openBench } from './harness.ts';

let bench: Bench;
let grant: string;
beforeAll(async () => {
  bench = await openBench();
  grant = join(bench.folder, 'data');
  mkdirSync(grant);
  writeFileSync(join(grant, 'five'), '12345');
  const manifest = `[skills.capabilities]\nfilesystem = ["write:${grant}"]\n[skills.resources]\ndisk = "1M"\n`;
  await bench.install('probe', manifest, 'writer');
});
afterAll(() => bench[Symbol.asyncDispose]());

/** What the code returned; it is recorded, and the next skill works. */
async function value(code: string): Promise<unknown> {
  const result = await bench.engine.execute(
    'writer',
    'eval',
    probe(`const [[dir]] = wasi.filesystem.preopens.getDirectories();${code}`),
  );
  if (!result.ok) throw result.error;
  const record = await bench.engine.audit.get(result.executionId);
  expect(record).toMatchObject({ status: 'success', skill_name: 'writer' });
  await bench.soundSkillRuns();
  return (outcome(result.value) as { value: unknown }).value;
}

const isLinux = process.platform === 'linux';

it.runIf(isLinux)(
  'FS-24 a socket, a device and a file system of the kernel in a grant are not opened',
  async () => {
    const socket = join(grant, 'socket');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    const made = spawnSync('mknod', [join(grant, 'null'), 'c', '1', '3']).status === 0;
    const { errors } = await attempts(bench, 'writer', {
      socket: "dirs[0].openAt({}, 'socket', {}, { read: true })",
      device: "dirs[0].openAt({}, 'null', {}, { read: true, write: true })",
    });
    server.close();
    expect(errors['socket']).toBe('not-permitted');
    expect(errors['device']).toBe(made ? 'not-permitted' : 'no-entry');
    const skill = await bench.install(
      'probe',
      '[skills.capabilities]\nfilesystem = ["read:/dev", "read:/proc", "read:/sys"]\n',
      'kernel',
    );
    const kernel = await attempts(bench, skill, {
      zero: "dirs[names.indexOf('/dev')].openAt({}, 'zero', {}, { read: true })",
      count: 'throw names.join()',
    });
    expect(kernel.errors).toEqual({ zero: 'not-permitted', count: '/dev' });
    await bench.soundSkillRuns();
  },
);

it('FS-25 a read of 2^31 - 1 bytes of a small file is as long as the file', async () => {
  const code = "return dir.openAt({}, 'five', {}, { read: true }).read(2147483647, 0)[0].length;";
  expect(await value(code)).toBe(5);
});

it.each([
  ['more than check-write permits', 'out.checkWrite(); out.write(new Uint8Array(3 << 20))'],
  ['without asking', 'out.write(new Uint8Array(1))'],
  ['2^62 zeroes', 'out.checkWrite(); out.writeZeroes(2 ** 62)'],
])('FS-27 a stream of a file: %s traps the guest only', async (_, body) => {
  const result = await bench.engine.execute(
    'writer',
    'eval',
    probe(
      `const [[dir]] = wasi.filesystem.preopens.getDirectories();
      const out = dir.openAt({}, 'streamed', { create: true }, { write: true }).writeViaStream(0);
      ${body}`,
    ),
  );
  await expectFailure(bench.engine, result, 'GUEST_TRAP');
  await bench.soundSkillRuns();
});

it('FS-30 descriptors that are never dropped end at a cap, with an error value', async () => {
  const code = `const held = [];
    for (let at = 0; at < 30000; at++) {
      try { held.push(dir.openAt({}, 'five', {}, { read: true })); } catch (e) { return [held.length, e.payload ?? e]; }
    }
    return held.length;`;
  const { value: found, turns } = await countTurns(() => value(code));
  const [count, error] = found as [number, string];
  expect(turns).toBeGreaterThan(1);
  expect(error).toBe('insufficient-memory');
  expect(count).toBeLessThan(2000);
  // The host has descriptors left meanwhile and afterwards.
  expect(
    await value("return dir.openAt({}, 'five', {}, { read: true }).read(9, 0)[0].length"),
  ).toBe(5);
});

it.runIf(isLinux)(
  'FS-31 a directory of many entries, the longest name, and a name that is no UTF-8',
  async () => {
    const many = join(grant, 'many');
    mkdirSync(many);
    for (let at = 0; at < 2000; at += 1) writeFileSync(join(many, `entry-${at}`), '');
    writeFileSync(join(many, 'n'.repeat(255)), '');
    writeFileSync(Buffer.concat([Buffer.from(`${many}/`), Buffer.from([0xff, 0xfe])]), '');
    const code = `const entries = dir.openAt({}, 'many', { directory: true }, { read: true }).readDirectory();
    let count = 0;
    for (;;) {
      let entry;
      try { entry = entries.readDirectoryEntry(); } catch (e) { return [count, e.payload ?? e]; }
      if (!entry) return [count, 'end'];
      count++;
    }`;
    expect(await value(code)).toEqual([2001, 'illegal-byte-sequence']);
  },
);

it('FS-32 links that lead to links without end are a loop', async () => {
  symlinkSync('self', join(grant, 'self'));
  symlinkSync('b', join(grant, 'a'));
  symlinkSync('a', join(grant, 'b'));
  symlinkSync('five', join(grant, 'chain-0'));
  for (let at = 1; at <= 60; at += 1) symlinkSync(`chain-${at - 1}`, join(grant, `chain-${at}`));
  const open = (name: string) =>
    `dirs[0].openAt({ symlinkFollow: true }, '${name}', {}, { read: true })`;
  const { errors } = await attempts(bench, 'writer', {
    self: open('self'),
    pair: open('a'),
    chain: open('chain-60'),
    short: open('chain-10'),
  });
  expect(errors).toEqual({ self: 'loop', pair: 'loop', chain: 'loop', short: 'done' });
});

it('FS-33 names that Windows reads as more than a name stay beneath the grant', async () => {
  const names = [
    'CON',
    'NUL',
    'COM1',
    'COM¹',
    'aux.txt',
    'five:stream',
    'five.',
    'five ',
    '\\\\?\\C:\\x',
    'C:x',
    'PROGRA~1',
  ];
  const bodies = Object.fromEntries(
    names.map((name) => [
      name,
      `dirs[0].openAt({}, ${JSON.stringify(name)}, { create: true, exclusive: true }, { write: true })`,
    ]),
  );
  const { errors } = await attempts(bench, 'writer', bodies);
  for (const name of names) {
    // On Linux these are ordinary names of files in the grant; elsewhere they are refused.
    const isThere = existsSync(join(grant, name));
    expect({ name, ok: errors[name] === 'done' }).toEqual({
      name,
      ok: process.platform === 'linux' && isThere,
    });
  }
});

it.runIf(isLinux)(
  'FS-35 the process of the host is not reached through a granted directory',
  async () => {
    const paths = ['self/environ', 'self/fd/3', 'self/root/etc/passwd', 'self/cwd', '1/environ'];
    symlinkSync('/proc', join(grant, 'way'));
    const { errors } = await attempts(
      bench,
      'writer',
      Object.fromEntries(
        paths.map((path) => [
          path,
          `dirs[0].openAt({ symlinkFollow: true }, 'way/${path}', {}, { read: true })`,
        ]),
      ),
    );
    for (const path of paths) expect([path, errors[path]]).toEqual([path, 'not-permitted']);
  },
);
