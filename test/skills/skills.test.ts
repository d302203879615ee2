import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildSkills } from '../../scripts/build-skills.ts';
import { buildStories } from '../../scripts/build-stories.ts';
import { openBench, type Bench } from '../escape/harness.ts';

let bench: Bench;
let data = '';
let out = '';

const write = (name: string, bytes: string | Uint8Array) => {
  mkdirSync(join(data, name, '..'), { recursive: true });
  writeFileSync(join(data, name), bytes);
};

/** The manifest of a skill with its grant replaced by one of the test's own. */
function manifestRest(name: string, grant: string): string {
  const text = readFileSync(
    join(import.meta.dirname, `../../skills-wasm/${name}/skill.toml`),
    'utf8',
  );
  return text
    .replace(/^\[\[skills\]\][^[]*/, '')
    .replace(/^filesystem = .*$/m, `filesystem = [${JSON.stringify(grant)}]`);
}

beforeAll(async () => {
  bench = await openBench();
  data = join(bench.folder, 'data');
  out = join(bench.folder, 'out');
  mkdirSync(out, { recursive: true });
  write('a.md', 'One two.\nTwo three three three.\n');
  write('b.txt', 'naïve\n');
  write('sub/deep/c.md', 'three');
  write('sub/latin1.txt', Buffer.from('caf\xe9\n', 'latin1'));
  write('sub/binary.bin', Buffer.from([0x61, 0, 0x62]));
  write('empty.md', '');
  symlinkSync('/etc/passwd', join(data, 'link'));
  symlinkSync('.', join(data, 'sub/loop'));
  const grants = {
    'text-stats': `read:${data}`,
    'hash-files': `read:${data}`,
    report: `write:${out}`,
  };
  await buildSkills();
  buildStories();
  for (const [name, grant] of Object.entries(grants)) {
    const path = join(import.meta.dirname, `../../skills-wasm/${name}/dist/${name}.wasm`);
    await bench.installFile(path, name, manifestRest(name, grant));
  }
});
afterAll(() => bench[Symbol.asyncDispose]());

const run = (skill: string, tool: string, parameters: object) =>
  bench.engine.execute(skill, tool, parameters);

describe('text-stats', () => {
  test('counts what a directory holds, and says what it skipped', async () => {
    const result = await run('text-stats', 'count-files', { top: 2, each: true });
    expect(result.value).toMatchObject({
      files: 5,
      lines: 5,
      words: 9,
      terms: [
        { term: 'three', count: 4 },
        { term: 'naïve', count: 1 },
      ],
      list: [
        { path: 'a.md', lines: 2, words: 6, utf8: true },
        { path: 'b.txt', characters: 6, bytes: 7 },
        { path: 'empty.md', lines: 0, words: 0, bytes: 0 },
        { path: 'sub/deep/c.md', lines: 1, words: 1 },
        { path: 'sub/latin1.txt', words: 1, utf8: false },
      ],
      skipped: [{ path: 'sub/binary.bin', reason: 'not a text' }],
    });
  });

  test.each([
    [{ path: 'sub', extensions: ['.md'] }, ['sub/deep/c.md']],
    [{ path: 'b.txt' }, ['b.txt']],
    [{ extensions: ['.none'] }, []],
  ])('%o narrows what is counted', async (parameters, paths) => {
    const result = await run('text-stats', 'count-files', { ...parameters, each: true });
    const { list } = result.value as { list: { path: string }[] };
    expect(list.map(({ path }) => path)).toEqual(paths);
  });

  test('a path that is not there is an error that says so', async () => {
    const { error } = await run('text-stats', 'count-files', { path: 'nowhere' });
    expect(error).toMatchObject({ code: 'TOOL_FAILED' });
    expect(error?.message).toContain('nowhere: no-entry');
  });

  test('a path out of the grant never reaches the guest', async () => {
    const { error } = await run('text-stats', 'count-files', { path: '../out' });
    expect(error?.code).toBe('INVALID_PARAMETERS');
  });

  test('reads more files than may be open at once: the guest package holds none', async () => {
    for (let at = 0; at < 300; at += 1) write(`many/${at}.txt`, 'x');
    const result = await run('text-stats', 'count-files', { path: 'many' });
    rmSync(join(data, 'many'), { recursive: true });
    expect(result.value).toMatchObject({ files: 300, skipped: [] });
  });

  test('counts a text without any file', async () => {
    const text = 'to be or not to be';
    expect((await run('text-stats', 'count-text', { text, top: 1, min_length: 2 })).value).toEqual({
      lines: 1,
      words: 6,
      characters: 18,
      terms: [{ term: 'be', count: 2 }],
    });
  });
});

describe('hash-files', () => {
  const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');

  test('is SHA-256 at every length around a block, and over many chunks', async () => {
    const lengths = [
      0, 1, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 65_535, 65_536, 65_537, 300_001,
    ];
    const expected = lengths.map((length) => {
      const bytes = Uint8Array.from({ length }, (_, index) => (index * 31 + length) & 0xff);
      write(`blocks/${length}`, bytes);
      return `${sha256(bytes)}  blocks/${length}\n`;
    });
    const result = await run('hash-files', 'run', {
      args: lengths.map((length) => `blocks/${length}`),
    });
    expect(result.value).toMatchObject({ stdout: expected.join(''), stderr: '', exitCode: 0 });
  });

  test('takes a whole path, a name with spaces and letters beyond ASCII, and standard input', async () => {
    write('sub/ein schöner Name 日本', 'x');
    const args = [join(data, 'a.md'), 'sub/ein schöner Name 日本', '-'];
    const result = await run('hash-files', 'run', { args, stdin: 'häh?' });
    const hashes = [sha256(readFileSync(args[0]!)), sha256('x'), sha256('häh?')];
    expect(result.value).toMatchObject({
      stdout: args.map((name, index) => `${hashes[index]}  ${name}\n`).join(''),
    });
  });

  test('without arguments it hashes standard input', async () => {
    const result = await run('hash-files', 'run', { stdin: 'abc' });
    expect(result.value).toMatchObject({ stdout: `${sha256('abc')}  -\n` });
  });

  test('names what it cannot read, hashes the rest, and exits with 1', async () => {
    const result = await run('hash-files', 'run', { args: ['nowhere', 'sub', 'b.txt'] });
    expect(result).toMatchObject({ ok: false, exitCode: 1, error: { code: 'TOOL_FAILED' } });
    expect(result.stdout).toBe(`${sha256('naïve\n')}  b.txt\n`);
    expect(result.stderr).toBe('hash-files: nowhere: no-entry\nhash-files: sub: is-directory\n');
  });

  test('what is not granted is refused by the host, which says what would allow it', async () => {
    const args = ['/etc/passwd', '../out/x', 'link', 'b.txt'];
    const result = await run('hash-files', 'run', { args });
    expect(result).toMatchObject({ ok: false, exitCode: 1, error: { code: 'CAPABILITY_DENIED' } });
    expect(result.stdout).toBe(`${sha256('naïve\n')}  b.txt\n`);
    expect(result.stderr.split('\n')).toEqual([
      'hash-files: /etc/passwd: not beneath a granted directory',
      'hash-files: ../out/x: not-permitted',
      'hash-files: link: not-permitted',
      '',
    ]);
    expect(result.denials.map(({ resource }) => resource)).toContain('/etc/passwd');
    expect(result.denials.map(({ resource }) => resource)).toContain(join(out, 'x'));
  });

  test('its memory does not grow with the file', async () => {
    write('large', Buffer.alloc(8 * 1024 * 1024, 7));
    const small = await run('hash-files', 'run', { args: ['blocks/300001'] });
    const large = await run('hash-files', 'run', { args: ['large'] });
    expect(large.stdout).toBe(`${sha256(Buffer.alloc(8 * 1024 * 1024, 7))}  large\n`);
    expect(large.memoryPeakBytes).toBe(small.memoryPeakBytes);
  });
});

describe('report', () => {
  const report = (parameters: object) => run('report', 'write-report', parameters);

  test('writes a report, and directories on the way', async () => {
    const result = await report({ path: '2026/june/docs.md', title: 'Töne', summary: 'All.' });
    expect(result.value).toEqual({ path: '2026/june/docs.md', bytes: 14 });
    expect(readFileSync(join(out, '2026/june/docs.md'), 'utf8')).toBe('# Töne\n\nAll.\n');
  });

  test('replaces a report only when told to', async () => {
    await report({ path: 'once.md', title: 'A long first title' });
    const again = await report({ path: 'once.md', title: 'Second' });
    expect(again.error?.message).toContain('`overwrite` replaces it');
    expect(readFileSync(join(out, 'once.md'), 'utf8')).toBe('# A long first title\n');
    expect((await report({ path: 'once.md', title: 'Second', overwrite: true })).ok).toBe(true);
    expect(readFileSync(join(out, 'once.md'), 'utf8')).toBe('# Second\n');
  });

  test.each([
    [{ path: '../escape.md', title: 'x' }, 'INVALID_PARAMETERS'],
    [{ path: '/tmp/escape.md', title: 'x' }, 'INVALID_PARAMETERS'],
    [{ path: 'program.sh', title: 'x' }, 'INVALID_PARAMETERS'],
    [{ path: 'x.md' }, 'INVALID_PARAMETERS'],
    [{ path: 'once.md/under-a-file.md', title: 'x' }, 'TOOL_FAILED'],
  ])('%o is refused', async (parameters, code) => {
    const before = readdirSync(bench.folder, { recursive: true }).length;
    expect((await report(parameters)).error?.code).toBe(code);
    expect(readdirSync(bench.folder, { recursive: true })).toHaveLength(before);
  });

  test('a report beyond the disk limit fails', async () => {
    const text = 'x'.repeat(1_100_000);
    const result = await report({
      path: 'big.md',
      title: 'Big',
      sections: [{ heading: 'All', text }],
    });
    expect(result.ok).toBe(false);
  });
});
