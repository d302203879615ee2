/** `skill types`: an implementation is held to the WIT by the compiler, and the engine takes what the compiler takes. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { main } from '../../packages/cli/src/main.ts';
import { FakeShell } from './fake-shell.ts';

const wit = `package app:db@1.0.0;

/* interface hidden { } */
interface query {
  record order { id: u64, cents: u32, note: option<string> }
  variant failure { busy, wrong(string) }
  /// Orders of a customer.
  orders: func(customer: string) -> list<order>;
  run: func(sql: string) -> result<u32, failure>;
}
interface cache {
  use query.{order};
  get: func(key: string) -> option<order>;
}
`;

const program = `import { createEngine, type HostFunctions, InterfaceError, type InterfaceCall } from '@skill-engine/engine';
import { SkillTools } from '@skill-engine/mcp';
import { testSkill } from '@skill-engine/testing';
import { meter } from '@skill-engine/metering';
import { defineSkill } from '@skill-engine/guest';
import type * as Query from './app-db-query.js';

const implementation: HostFunctions<typeof Query> = {
  orders: async (customer, { user }: InterfaceCall) => [{ id: 1n, cents: customer.length, note: user ?? '' }],
  run(sql) {
    if (sql === '') throw new InterfaceError({ tag: 'busy' } satisfies Query.Failure);
    return sql.length;
  },
};
export const engine = createEngine({ interfaces: { 'app:db/query@1.0.0': { wit: '', implementation } } });
export const all = [SkillTools, testSkill, meter, defineSkill];
`;

let folder: string;
beforeAll(() => {
  // Inside of the project, so that its packages are found as a user's would be.
  mkdirSync('.cache', { recursive: true });
  folder = mkdtempSync(resolve('.cache/types-'));
  writeFileSync(join(folder, 'app.wit'), wit);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function skill(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const shell = new FakeShell({ input: '' });
  const code = await main(['types', ...args], shell);
  return { code, out: shell.stdout.text, err: shell.stderr.text };
}

/** What the strictest settings say. */
function compile(name: string, text: string, skipLibCheck: boolean): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  const strict = '--noEmit --strict --exactOptionalPropertyTypes --noUncheckedIndexedAccess';
  const settings = '--module nodenext --target es2024 --lib esnext --types node';
  const args = [
    ...`${strict} ${settings}`.split(' '),
    '--skipLibCheck',
    String(skipLibCheck),
    '--ignoreConfig',
    file,
  ];
  return spawnSync('node_modules/.bin/tsc', args, { encoding: 'utf8' }).stdout;
}

it('writes one file for each interface, and those they use', async () => {
  expect(await skill(join(folder, 'app.wit'), '--out', folder)).toMatchObject({
    code: 0,
    out: `${join(folder, 'app-db-cache.d.ts')}\n${join(folder, 'app-db-query.d.ts')}\n`,
  });
  expect(readdirSync(folder).toSorted()).toEqual([
    'app-db-cache.d.ts',
    'app-db-query.d.ts',
    'app.wit',
  ]);
});

it('the compiler holds an implementation to them, without skipping the declarations of the packages', () => {
  expect(compile('good.mts', program, false)).toBe('');
  const wrong = program.replace('id: 1n', 'id: 1').replace('return sql.length', 'return sql');
  const said = compile('wrong.mts', wrong, true);
  expect(said).toMatch(/wrong\.mts\(9,[^]*'number' is not assignable to type 'bigint'/u);
  expect(said).toMatch(/wrong\.mts\(10,[^]*'string' is not assignable to type 'number/u);
});

it('takes interfaces by name, also of nested packages', async () => {
  const nested = join(folder, 'nested.wit');
  writeFileSync(nested, wit.replace('app:db@1.0.0;', 'app:db@1.0.0 {').concat('}\n'));
  const out = join(folder, 'nested');
  expect(await skill(nested, 'app:db/query@1.0.0', '--out', out)).toMatchObject({ code: 0 });
  expect(readdirSync(out)).toEqual(['app-db-query.d.ts']);
  expect(await skill(nested)).toMatchObject({
    code: 2,
    err: expect.stringContaining('name one of a nested package'),
  });
});

it.each([
  ['no WIT', 'interface {', 'expected'],
  ['no such interface', wit, 'other'],
])('%s is said so', async (_, text, message) => {
  const file = join(folder, 'bad.wit');
  writeFileSync(file, text);
  const { code, err } = await skill(file, 'other');
  expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(message) });
  expect(await skill()).toMatchObject({ code: 2 });
  expect(await skill(join(folder, 'none.wit'))).toMatchObject({ code: 2 });
});
