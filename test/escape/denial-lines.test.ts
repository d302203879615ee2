/** A denial tells the truth: its lines, put into the manifest, allow what was denied; where none could, it says why. */
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Denial } from '../../packages/engine/src/index.ts';
import { outcome, probe } from '../guests/probe.ts';
import { type Bench, openBench } from './harness.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

/** As a C library does: the preopen that covers the path most closely, and the path below it. */
const at = `const covers = (name) => args === name || args.startsWith(name + '/');
  const all = wasi.filesystem.preopens.getDirectories();
  const [best] = all.filter(([, name]) => covers(name)).sort((a, b) => b[1].length - a[1].length);
  const directory = (best ?? all[0])[0];
  const path = best ? args.slice(best[1].length + 1) : args;
  const now = { tag: 'now' };`;

/** A folder of the test's own: `read/only.txt` and `beside/there.txt`. */
function folder(): string {
  const made = mkdtempSync(join(bench.folder, 'denial-'));
  for (const name of ['read', 'beside']) mkdirSync(join(made, name));
  for (const name of ['read/only.txt', 'beside/there.txt']) writeFileSync(join(made, name), 'x');
  return made;
}

let skills = 0;
async function attempt(lines: string, code: string, path: string) {
  const skill = await bench.install('probe', lines, `denial-lines-${(skills += 1)}`);
  const result = await bench.engine.execute(skill, 'eval', probe(at + code, path));
  if (!result.ok) throw result.error;
  const { denials } = result;
  return { ...(outcome(result.value) as { value?: unknown; error?: unknown }), denials };
}

const create = `directory.openAt({}, path, { create: true }, { write: true });`;
const open = `directory.openAt({}, path, {}, { read: true });`;
const write = `directory.openAt({}, path, {}, { write: true });`;
const readOnly = (made: string) => `[skills.capabilities]\nfilesystem = ["read:${made}/read"]\n`;
const readFile = (made: string) =>
  `[skills.capabilities]\nfilesystem = ["read:${made}/read", "read:${made}/read/only.txt"]\n`;
const overridden = (made: string) =>
  `[skills.capabilities]\nfilesystem = ["write:${made}/read"]\n[skills.overrides]\nfilesystem = ["read:${made}/read"]\n`;

it.each([
  ['a file that is made where only reading is granted', readOnly, create, 'read/new.txt'],
  ['a file that is made where nothing is granted', readOnly, create, 'beside/new.txt'],
  ['a file that is written', readOnly, write, 'read/only.txt'],
  ['a file that is written or made, and is there', readOnly, create, 'read/only.txt'],
  ['a file that is read', readOnly, open, 'beside/there.txt'],
  ['a directory that is made', readOnly, `directory.createDirectoryAt(path);`, 'read/new'],
  ['a file that is removed', readOnly, `directory.unlinkFileAt(path);`, 'read/only.txt'],
  ['a link that is made', readOnly, `directory.symlinkAt('only.txt', path);`, 'read/new'],
  ['times that are set', readOnly, `directory.setTimesAt({}, path, now, now);`, 'read/only.txt'],
  [
    'times of a file with a grant of its own',
    readFile,
    `directory.setTimesAt({}, path, now, now);`,
    'read/only.txt',
  ],
  ['what overrides withhold', overridden, create, 'read/new.txt'],
])('the lines for %s allow it', async (_what, manifest, code, path) => {
  const made = folder();
  const lines = manifest(made);
  const before = await attempt(lines, code, join(made, path));
  expect(before).not.toHaveProperty('value');
  const [denied] = before.denials as [Denial];
  const [head] = denied.allow;
  const others = head?.includes('overrides') ? lines.split('[skills.overrides]')[0] : '';
  const after = await attempt(`${others}${denied.allow.join('\n')}\n`, code, join(made, path));
  expect(after).toEqual({ value: null, denials: [] });
});

it('where a grant is there, the denial does not say that there is none', async () => {
  const made = folder();
  symlinkSync(join(made, 'read'), join(made, 'alias'));
  const lines = `[skills.capabilities.filesystem]
read = ["${made}/read", "${made}/alias"]
write = ["${made}/beside", "${made}/missing"]
forbidden = ["${made}/read/only.txt"]
`;
  const denied = async (code: string, path: string) => {
    const { denials } = await attempt(lines, code, join(made, path));
    return denials.map(({ code: kind, rule, allow }) => [kind, rule, allow] as const);
  };
  expect(await denied(create, 'missing/new.txt')).toEqual([
    [
      'FILESYSTEM_NOT_GRANTED',
      expect.stringMatching(/^declared: write = ".*missing" \(.*skill\.toml:\d+:\d+\) covers this/),
      [],
    ],
  ]);
  const climb = `all[0][0].openAt({}, '../beside/there.txt', {}, { read: true });`;
  expect(await denied(climb, '')).toEqual([
    ['FILESYSTEM_ESCAPE', expect.stringContaining('a grant covers it'), []],
  ]);
  expect((await denied(open, 'alias/only.txt'))[0]?.[0]).toBe('FILESYSTEM_FORBIDDEN');
});

it.each([
  [
    'CAPABILITY_DENIED',
    'denied',
    `try { ${open} } catch {}`,
    'The tool was refused an access, and failed: The guest trapped',
  ],
  [
    'DISK_LIMIT',
    'failure',
    `const file = all[0][0].openAt({}, 'big', { create: true }, { write: true });
     try { file.write(new Uint8Array(2000), 0); } catch {}`,
    'The tool wanted more than 1024 bytes of disk (resources.disk), and failed: The guest trapped',
  ],
])(
  '%s: a tool that panics over it is told from one with a bug',
  async (code, status, body, said) => {
    const made = folder();
    const lines = `resources = { disk = "1K" }\n[skills.capabilities]\nfilesystem = ["write:${made}/beside"]\n`;
    const skill = await bench.install('probe', lines, `panics-${(skills += 1)}`);
    const panics = `${at}${body} wasi.io.poll.poll([])`;
    const run = (path: string) => bench.engine.execute(skill, 'eval', probe(panics, path));
    const result = await run(join(made, 'read/only.txt'));
    expect(result.error).toMatchObject({ code, message: expect.stringContaining(said) as string });
    expect(await bench.engine.audit.get(result.executionId)).toMatchObject({
      status,
      error_code: code,
    });
    const bug = await bench.engine.execute(skill, 'eval', probe('wasi.io.poll.poll([])'));
    expect(bug.error?.code).toBe('GUEST_TRAP');
  },
);

it('of many different denials the further ones are counted apart, not on one that is listed', async () => {
  const made = folder();
  const many = `for (let n = 0; n < 100; n += 1)
    try { directory.openAt({}, path + n, {}, { read: true }); } catch {}`;
  const { denials } = await attempt(readOnly(made), many, join(made, 'beside/x'));
  expect(denials).toHaveLength(65);
  expect(denials.slice(0, 64).every(({ count }) => count === 1)).toBe(true);
  expect(denials.at(-1)).toMatchObject({
    code: 'FILESYSTEM_NOT_GRANTED',
    resource: 'further accesses',
    allow: [],
    count: 36,
  });
});
