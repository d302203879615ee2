import {
  chmod,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Acceptances, type Accepted } from './acceptances.ts';

let home: string;
let file: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'acceptances-'));
  file = join(home, 'acceptances.json');
});

afterEach(() => rm(home, { recursive: true, force: true }));

const one: Accepted = {
  name: 'one',
  version: '1.0.0',
  digest: '1'.repeat(64),
  authority: 'a'.repeat(64),
};

test('nothing is accepted at first, and asking makes no file', async () => {
  expect(await new Acceptances(home).find(one)).toBeUndefined();
  expect(await readdir(home)).toEqual([]);
});

test('an acceptance says who and when, and another process finds it', async () => {
  await new Acceptances(home).add(one, 'ada', new Date('2026-01-31T09:30:00Z'));
  expect(await new Acceptances(home).find(one)).toEqual({
    skill: 'one',
    version: '1.0.0',
    digest: one.digest,
    authority: one.authority,
    approver: 'ada',
    time: '2026-01-31T09:30:00.000Z',
  });
});

test('only the very package with the very authority is accepted', async () => {
  const acceptances = new Acceptances(home);
  await acceptances.add(one, 'ada');
  expect(await acceptances.find({ ...one, digest: '2'.repeat(64) })).toBeUndefined();
  expect(await acceptances.find({ ...one, authority: 'b'.repeat(64) })).toBeUndefined();
});

test('accepting again replaces the entry, others stay', async () => {
  const acceptances = new Acceptances(home);
  const two = { ...one, name: 'two', digest: '2'.repeat(64) };
  await acceptances.add(one, 'ada');
  await acceptances.add(two, 'ada');
  await acceptances.add(one, 'grace');
  expect((await acceptances.find(one))?.approver).toBe('grace');
  expect((await acceptances.find(two))?.approver).toBe('ada');
  expect(JSON.parse(await readFile(file, 'utf8')).acceptances).toHaveLength(2);
});

test('the file is for its owner alone, and no draft is left beside it', async () => {
  const nested = join(home, 'state', 'deep');
  await new Acceptances(nested).add(one, 'ada');
  expect((await stat(join(nested, 'acceptances.json'))).mode & 0o777).toBe(0o600);
  expect((await stat(nested)).mode & 0o777).toBe(0o700);
  expect(await readdir(nested)).toEqual(['acceptances.json']);
});

test('a file that others may write accepts nothing', async () => {
  await new Acceptances(home).add(one, 'ada');
  await chmod(file, 0o622);
  await expect(new Acceptances(home).find(one)).rejects.toMatchObject({
    code: 'STATE_UNAVAILABLE',
    message: expect.stringContaining('others may write to it'),
  });
});

test('a symbolic link in place of the file accepts nothing', async () => {
  const elsewhere = join(home, 'elsewhere');
  await new Acceptances(elsewhere).add(one, 'mallory');
  await symlink(join(elsewhere, 'acceptances.json'), file);
  await expect(new Acceptances(home).find(one)).rejects.toMatchObject({
    code: 'STATE_UNAVAILABLE',
  });
});

test('a directory that others may write gets no acceptance', async () => {
  const open = join(home, 'open');
  await mkdir(open);
  await chmod(open, 0o777);
  await expect(new Acceptances(open).add(one, 'ada')).rejects.toMatchObject({
    code: 'STATE_UNAVAILABLE',
    message: expect.stringContaining('others could accept skills in your name'),
  });
  expect(await readdir(open)).toEqual([]);
});

test.each([
  ['no JSON', '{'],
  ['another format', '{"format":2,"acceptances":[]}'],
  ['no list', '{"format":1,"acceptances":{}}'],
  ['an entry without digest', '{"format":1,"acceptances":[{}]}'],
  [
    'a digest from the prototype',
    '{"format":1,"acceptances":[{"__proto__":{"digest":"a"},"authority":"b"}]}',
  ],
  ['no UTF-8', Buffer.from([0x22, 0xff, 0x22])],
])('a damaged file accepts nothing: %s', async (_what, content) => {
  await writeFile(file, content, { mode: 0o600 });
  await expect(new Acceptances(home).find(one)).rejects.toMatchObject({
    code: 'STATE_UNAVAILABLE',
  });
  await expect(new Acceptances(home).add(one, 'ada')).rejects.toMatchObject({
    code: 'STATE_UNAVAILABLE',
  });
});

test('a state directory that cannot be made is a clear error', async () => {
  await writeFile(join(home, 'file'), '');
  const acceptances = new Acceptances(join(home, 'file', 'state'));
  expect(await acceptances.find(one)).toBeUndefined();
  await expect(acceptances.add(one, 'ada')).rejects.toMatchObject({
    code: 'STATE_UNAVAILABLE',
    message: expect.stringContaining('SKILL_ENGINE_HOME'),
  });
});
