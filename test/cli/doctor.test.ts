import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Home } from './skill.ts';

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly required: boolean;
  readonly found: string;
  readonly help: string | null;
}

const checksOf = (json: Record<string, unknown>) => json['checks'] as Check[];

test('a machine on which skills run is sound, and says which layers it has', async () => {
  using home = new Home();
  const { code, stdout } = await home.run(['doctor']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ok +Node +\d+\./m);
  expect(stdout).toMatch(/^ok +isolate +starts$/m);
  expect(stdout).toMatch(/^ok +locked realm +by Node /m);
  expect(stdout).toMatch(/^(ok|missing) +own file system /m);
  expect(stdout).toMatch(/^ok +audit store .*audit\.sqlite opens and is writable$/m);
  expect(stdout).toMatch(/\n\n(Everything is there|Skills run; .* would make it safer)\.\n$/);
});

test('what is missing is told with a way to get it; --strict fails for it', async () => {
  using home = new Home();
  const json = await home.json(['doctor']);
  expect(json['ok']).toBe(true);
  for (const { ok, required, help } of checksOf(json)) {
    expect(ok).toBe(help === null);
    if (required) expect(ok).toBe(true);
  }
  const complete = checksOf(json).every(({ ok }) => ok);
  const strict = await home.run(['doctor', '--strict']);
  expect(strict.code).toBe(complete ? 0 : 7);
});

test('state that others may write is a failure with its remedy', async () => {
  using home = new Home();
  chmodSync(home.path, 0o777);
  const { code, stdout } = await home.run(['doctor']);
  expect(code).toBe(7);
  expect(stdout).toMatch(
    /^failed +state directory .*mode 0777: others may write\n +Run: chmod 700 /m,
  );
  expect(stdout).toMatch(/must be put right\.\n$/);
});

test('an audit store that is none is a failure', async () => {
  using home = new Home();
  writeFileSync(
    join(home.path, 'audit.sqlite'),
    'not a database at all, but long enough to be read',
    {
      mode: 0o600,
    },
  );
  const json = await home.json(['doctor']);
  expect(json['ok']).toBe(false);
  const store = checksOf(json).find(({ name }) => name === 'audit store')!;
  expect(store).toMatchObject({ ok: false, required: true });
  expect(store.help).toContain('audit');
});

test('it takes no arguments', async () => {
  using home = new Home();
  const { code, stderr } = await home.run(['doctor', 'everything']);
  expect(code).toBe(2);
  expect(stderr).toContain('"everything"');
});
