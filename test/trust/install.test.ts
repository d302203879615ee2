/** What was installed is what runs, or nothing does. */
import { hash } from 'node:crypto';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import {
  MemoryAuditStore,
  createEngine,
  findInstalled,
  type Engine,
  type EngineOptions,
  type LockedSkill,
} from '../../packages/engine/src/index.ts';
import { Bench, manifest } from './packages.ts';

const bench = new Bench();
const engines: Engine[] = [];
afterEach(() => Promise.all(engines.splice(0).map((engine) => engine.close())));
afterAll(() => bench[Symbol.dispose]());

async function engine(options: EngineOptions = {}): Promise<Engine> {
  const opened = await createEngine({
    home: bench.home,
    audit: new MemoryAuditStore(),
    ...options,
  });
  engines.push(opened);
  return opened;
}

const find = (project = bench.path) => findInstalled('answer', { home: bench.home, project });

function editLock(file: string, edit: (entry: Record<string, unknown>) => void): void {
  const lock = JSON.parse(readFileSync(file, 'utf8'));
  edit(lock.skills[0]);
  writeFileSync(file, JSON.stringify(lock, undefined, 2));
}

const rich = {
  'SKILL.md': '---\nname: answer\n---\n',
  'scripts/run.js': 'run()',
  'references/a.txt': 'a',
};

test('an installed skill runs by its name, without the folder that it came from', async () => {
  const folder = await bench.package(rich);
  await bench.install(folder);
  rmSync(folder, { recursive: true });
  const running = await engine();
  const [skill] = await running.load((await find())!);
  expect(skill).toMatchObject({ name: 'answer', trust: 'third_party' });
  expect(await running.execute('answer', 'run', {})).toMatchObject({ ok: true, value: 42 });
  expect(statSync(bench.user.lockFile).mode & 0o777).toBe(0o600);
});

const changes: readonly (readonly [string, string, (folder: string) => void])[] = [
  [
    'the component',
    'answer.wasm is another one',
    (at) => appendFileSync(join(at, 'answer.wasm'), '\0'),
  ],
  [
    'the manifest',
    'skill.toml is another one',
    (at) => appendFileSync(join(at, 'skill.toml'), ' '),
  ],
  ['SKILL.md', 'SKILL.md is another one', (at) => appendFileSync(join(at, 'SKILL.md'), 'x')],
  [
    'a script',
    'scripts/run.js is another one',
    (at) => writeFileSync(join(at, 'scripts/run.js'), 'RUN()'),
  ],
  ['a missing file', 'references/a.txt is missing', (at) => rmSync(join(at, 'references/a.txt'))],
  [
    'an added file',
    'scripts/more.js was added',
    (at) => writeFileSync(join(at, 'scripts/more.js'), ''),
  ],
  ['an added hidden file', '.git was added', (at) => writeFileSync(join(at, '.git'), '')],
  [
    'a link to the same bytes',
    'SKILL.md',
    (at) => {
      writeFileSync(join(bench.path, 'same'), rich['SKILL.md']);
      rmSync(join(at, 'SKILL.md'));
      symlinkSync(join(bench.path, 'same'), join(at, 'SKILL.md'));
    },
  ],
  [
    'a linked folder',
    'scripts',
    (at) => {
      cpSync(join(at, 'scripts'), join(bench.path, 'scripts'), { recursive: true });
      rmSync(join(at, 'scripts'), { recursive: true });
      symlinkSync(join(bench.path, 'scripts'), join(at, 'scripts'));
    },
  ],
];

test.each(changes)(
  'a changed byte refuses to run and says where: %s',
  async (_what, named, change) => {
    await bench.install(await bench.package(rich));
    const { entry } = (await bench.user.find('answer'))!;
    change(bench.user.folderOf(entry));
    await expect(find()).rejects.toMatchObject({
      code: 'PACKAGE_CHANGED',
      message: expect.stringContaining(named),
    });
    // Installing again heals it.
    await bench.install(await bench.package(rich));
    expect((await find())?.approved).toBe(true);
  },
);

test('between verification and load, other files on the disk change nothing (TOCTOU)', async () => {
  await bench.install(await bench.package(rich));
  const installed = (await find())!;
  const folder = bench.user.folderOf(installed.entry);
  writeFileSync(join(folder, 'answer.wasm'), 'not the component that was verified');
  writeFileSync(
    join(folder, 'skill.toml'),
    manifest('[skill.capabilities]\nfilesystem = ["read:/"]'),
  );
  const running = await engine();
  const [skill] = await running.load(installed);
  expect(skill!.effective.filesystem.grants).toEqual([]);
  expect(await running.execute('answer', 'run', {})).toMatchObject({ ok: true, value: 42 });
});

const edits: readonly (readonly [string, (entry: Record<string, unknown>) => void])[] = [
  ['the trust level', (entry) => (entry['trust'] = 'trusted')],
  ['the approver', (entry) => ((entry['approval'] as { approver: string }).approver = 'root')],
  ['the grants', (entry) => (entry['approval'] as { grants: string[] }).grants.push('read /')],
  [
    'the authority',
    (entry) => ((entry['approval'] as { authority: string }).authority = '0'.repeat(64)),
  ],
  ['the signature', (entry) => (entry['signature'] = { state: 'verified', key: '0'.repeat(64) })],
  ['the directory of relative grants', (entry) => (entry['base'] = '/')],
  ['the version', (entry) => (entry['version'] = '0.0.1')],
  [
    'a digest',
    (entry) => ((entry['files'] as Record<string, string>)['SKILL.md'] = '0'.repeat(64)),
  ],
  ['the seal', (entry) => (entry['seal'] = '0'.repeat(64))],
];

test.each(edits)('a lock that was edited by hand is refused: %s', async (_what, edit) => {
  await bench.install(await bench.package(rich));
  editLock(bench.user.lockFile, edit);
  await expect(find()).rejects.toMatchObject({ code: 'LOCK_INVALID' });
  await bench.install(await bench.package(rich));
});

test('a swapped component is refused also where the lock was made to fit', async () => {
  await bench.install(await bench.package());
  const { entry: before } = (await bench.user.find('answer'))!;
  const wider = await bench.package({
    'skill.toml': manifest('[skill.capabilities]\nfilesystem = ["write:/"]'),
  });
  const other = new Bench();
  await other.install(wider);
  const { entry } = (await other.user.find('answer'))!;
  cpSync(other.user.folderOf(entry), bench.user.folderOf(entry), { recursive: true });
  // With the attacker's own seal, and with the seal of what was approved.
  for (const seal of [entry.seal, before.seal]) {
    writeFileSync(bench.user.lockFile, JSON.stringify({ format: 1, skills: [{ ...entry, seal }] }));
    await expect(find()).rejects.toMatchObject({ code: 'LOCK_INVALID' });
  }
  other[Symbol.dispose]();
});

test.each([
  ['no JSON', '{'],
  ['another format', '{"format":2,"skills":[]}'],
  ['a damaged entry', '{"format":1,"skills":[{"name":"answer"}]}'],
  ['a name that is a path', '{"format":1,"skills":[{"name":"../answer"}]}'],
])('a damaged lock is an error, never an empty store: %s', async (_what, text) => {
  writeFileSync(bench.user.lockFile, text, { mode: 0o600 });
  await expect(find()).rejects.toMatchObject({ code: 'LOCK_INVALID' });
  rmSync(bench.user.lockFile);
});

test("a project's lock by somebody else approves nothing here, and raises no level", async () => {
  const project = bench.fresh('project');
  const stranger = new Bench();
  await stranger.install(await bench.package(), stranger.project(project), 'trusted');
  const found = (await find(project))!;
  expect(found).toMatchObject({ scope: 'project', approved: false, trust: 'third_party' });
  const running = await engine();
  await expect(running.load(found)).rejects.toMatchObject({
    code: 'CAPABILITY_DENIED',
    details: { reason: 'consent', skill: 'answer' },
  });
  stranger[Symbol.dispose]();
});

test('under the digest that was accepted other files are refused, though the lock names their digests', async () => {
  const project = bench.fresh('project');
  const stranger = new Bench();
  const store = stranger.project(project);
  await stranger.install(await bench.package(rich), store);
  const { entry } = (await find(project))!;
  // An acceptance is bound to the digest of the whole: whoever can write the checkout makes all else fit the new file.
  const changed = 'run(something(else))';
  writeFileSync(join(store.folderOf(entry), 'scripts/run.js'), changed);
  editLock(store.lockFile, ({ files }) => {
    (files as Record<string, string>)['scripts/run.js'] = hash('sha256', changed);
  });
  await expect(find(project)).rejects.toMatchObject({
    code: 'PACKAGE_CHANGED',
    message: expect.stringContaining('the lock contradicts itself') as string,
  });
  stranger[Symbol.dispose]();
});

test('a lock that cannot be taken is told at once and as what it is', async () => {
  const project = bench.fresh('project');
  const store = bench.project(project);
  await bench.install(await bench.package(), store);
  const lock = join(project, '.skills', '.lock');
  writeFileSync(lock, 'x'.repeat(4096));
  // Were it waited for like another command, this would take longer than a test may.
  await expect(store.remove('answer')).rejects.toMatchObject({
    code: 'STATE_UNAVAILABLE',
    message: expect.stringMatching(
      /file is not a database\)\. Make the directory writable/,
    ) as string,
  });
  expect(await store.list()).toHaveLength(1);
}, 20_000);

test('a seal holds for its own store only', async () => {
  const [one, two] = [bench.fresh('project'), bench.fresh('project')];
  await bench.install(await bench.package(), bench.project(one));
  cpSync(one, two, { recursive: true });
  expect((await find(one))?.approved).toBe(true);
  expect((await find(two))?.approved).toBe(false);
});

test('commands at the same time lose nothing, and leave one version and no draft', async () => {
  const stores = Array.from({ length: 6 }, () => bench.user);
  const folders = await Promise.all(
    stores.map((_, index) =>
      bench.package({ 'skill.toml': manifest().replace('answer"', `answer-${index}"`) }),
    ),
  );
  await Promise.all(stores.map((store, index) => bench.install(folders[index]!, store)));
  const names = (await bench.user.list()).map(({ entry }: { entry: LockedSkill }) => entry.name);
  for (const index of stores.keys()) expect(names).toContain(`answer-${index}`);
  await bench.install(
    await bench.package({
      'more.txt': 'x',
      'skill.toml': manifest().replace('answer"', 'answer-0"'),
    }),
  );
  const { entry } = (await bench.user.find('answer-0'))!;
  expect(readdirSync(join(bench.user.folderOf(entry), '..'))).toEqual([entry.digest]);
});

test('a removed skill is gone, with its files', async () => {
  await bench.install(await bench.package());
  const { entry } = (await bench.user.find('answer'))!;
  expect(await bench.user.remove('answer')).toBe(true);
  expect(await bench.user.remove('answer')).toBe(false);
  expect(await find()).toBeUndefined();
  expect(() => statSync(bench.user.folderOf(entry))).toThrow('ENOENT');
});

test.each(['the store', 'the folder of the skill', 'the file that is locked'])(
  'a project in which %s is a symbolic link has nothing removed or written beyond it',
  async (what) => {
    const folder = bench.fresh('checkout');
    const mine = bench.fresh('mine');
    const store = bench.project(folder);
    await bench.install(await bench.package(), store);
    const place = { 'the store': '.skills', 'the folder of the skill': '.skills/answer' }[what];
    const link = join(folder, place ?? '.skills/.lock');
    rmSync(link, { recursive: true });
    const inner = what === 'the store' ? join(mine, 'answer') : mine;
    mkdirSync(join(inner, 'photos'), { recursive: true });
    writeFileSync(join(inner, 'photos/one.jpg'), 'x');
    symlinkSync(place === undefined ? join(mine, 'made') : mine, link);
    const refused = { code: 'STATE_UNAVAILABLE', details: { path: link } };
    await expect(store.remove('answer')).rejects.toMatchObject(refused);
    await expect(bench.install(await bench.package(rich), store)).rejects.toMatchObject(refused);
    expect(readdirSync(inner)).toEqual(['photos']);
    expect(readFileSync(join(inner, 'photos/one.jpg'), 'utf8')).toBe('x');
  },
);
