import { expect, it } from 'vitest';
import '../../packages/testing/src/vitest.ts';
import { probeTest } from './skill.ts';

const read = `
  const [path, name] = args;
  const [directory] = wasi.filesystem.preopens.getDirectories().find(([, at]) => at === path);
  const file = directory.openAt({ symlinkFollow: true }, name, {}, { read: true });
  return utf8.decode(file.read(1e6, 0)[0]);`;

const write = `
  const [path, name, text] = args;
  const [directory] = wasi.filesystem.preopens.getDirectories().find(([, at]) => at === path);
  const file = directory.openAt({}, name, { create: true, truncate: true }, { write: true });
  file.write(utf8.encode(text), 0);`;

it('gives the files under the paths of the grants, and says what became of them', async () => {
  const { value, skill } = await probeTest(
    'filesystem = ["read:/data/in", "write:/data/out", "write:./state", "read:/etc/one.yaml"]',
    {
      fs: {
        '/data/in/a.txt': 'a',
        '/data/in/bytes': new Uint8Array([255, 0]),
        '/data/out/': '',
        'state/old.txt': 'old',
        'state/kept.txt': 'kept',
        '/etc/one.yaml': 'one: 1',
        '/etc/passwd': 'root',
      },
    },
  );
  expect(await value(read, ['/data/in', 'a.txt'])).toBe('a');
  expect(await value(read, ['/etc', 'one.yaml'])).toBe('one: 1');
  await value(write, ['/data/out', 'b.txt', 'b']);
  const paths = (await value(
    'return wasi.filesystem.preopens.getDirectories().map(([, path]) => path)',
  )) as string[];
  const state = paths.find((path) => path.endsWith('/state'))!;
  await value(write, [state, 'old.txt', 'new']);
  await value(
    `const [directory] = wasi.filesystem.preopens.getDirectories().find(([, at]) => at === args);
     directory.unlinkFileAt('kept.txt')`,
    state,
  );
  expect(skill.written()).toEqual({ '/data/out/b.txt': 'b', [`${state}/old.txt`]: 'new' });
  expect(skill.removed()).toEqual([`${state}/kept.txt`]);
  expect(skill.file('state/old.txt')).toBe('new');
  expect(skill.files()['/data/in/bytes']).toEqual(new Uint8Array([255, 0]));
});

it('denies as the machine would, in the paths that the guest knows', async () => {
  const { run, skill } = await probeTest(
    'filesystem = { read = ["/data"], forbidden = ["/data/secret"] }',
    {
      fs: {
        '/data/a.txt': 'a',
        '/data/secret/key': 'k',
        '/data/alias': { link: 'secret' },
        '/data/out': { link: '../private' },
        '/private/p': 'p',
      },
    },
  );
  for (const name of ['secret/key', 'alias/key', './secret/../secret/key']) {
    expect(await run(read, ['/data', name])).toBeDenied(/^\/data\/secret/);
  }
  expect(await run(read, ['/data', 'out/p'])).toBeDenied('/private/p');
  expect(await run(read, ['/data', '../private/p'])).toBeDenied('/private/p');
  const refused = await run(write, ['/data', 'new.txt', '']);
  expect(refused).toBeDenied('/data/new.txt');
  expect(refused.denials[0]!.allow.join('\n')).toContain('/data');
  expect(refused.audit.denials[0]).toMatchObject({ resource: '/data/new.txt' });
  expect(skill.written()).toEqual({});
});

it('never shows where the files really are, nor leads out of there', async () => {
  const { run, value } = await probeTest(
    'filesystem = ["write:/data", "read:/linked", "read:/etc/passwd"]',
    { fs: { '/data/a': '1', '/linked': { link: '/etc' }, '/data/etc': { link: '/etc' } } },
  );
  // The host has such a file; the described tree has not.
  expect(
    await value('return wasi.filesystem.preopens.getDirectories().map(([, path]) => path)'),
  ).toEqual(['/data']);
  const result = await run(`
    const [[directory]] = wasi.filesystem.preopens.getDirectories();
    const tries = [
      () => directory.openAt({ symlinkFollow: true }, 'etc/passwd', {}, { read: true }),
      () => directory.openAt({ symlinkFollow: true }, '../../etc/passwd', {}, { read: true }),
      () => directory.openAt({}, 'nothing\\0', {}, { read: true }),
      () => directory.readlinkAt('etc'),
      () => directory.symlinkAt('../../../etc', 'up'),
      () => directory.renameAt('a', directory, '../b'),
    ];
    return tries.map((action) => attempt(action));`);
  expect(JSON.stringify(result)).not.toContain('skill-test-');
  expect(result.denials.length).toBeGreaterThan(2);
  expect((result.value as { value: unknown[] }).value.slice(0, 3)).toEqual([
    { error: 'not-permitted' },
    { error: 'not-permitted' },
    { error: expect.stringMatching(/invalid|no-entry|illegal|not-permitted/) },
  ]);
});
