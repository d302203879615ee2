/** `skill doctor`: what is damaged, loose or missing is named, with the way out, and nothing is touched. */
import { hash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import {
  FileVault,
  prepareInstall,
  Secret,
  SkillStore,
  statePlaces,
} from '../../packages/engine/src/index.ts';
import { FakeDaemon, info, json } from '../docker/fake-daemon.ts';
import { buildGuest } from '../guests/build.ts';
import { Home } from './skill.ts';

interface Check {
  readonly name: string;
  readonly severity: 'ok' | 'warning' | 'problem';
  readonly found: string;
  readonly meaning: string | null;
  readonly help: string | null;
}

const checksOf = (json: Record<string, unknown>) => json['checks'] as Check[];

async function diagnose(home: Home, ...flags: string[]) {
  const { code, stdout } = await home.inside(['doctor', '--json', ...flags]);
  const json = JSON.parse(stdout) as Record<string, unknown>;
  const checks = checksOf(json);
  const bad = checks.filter(({ severity }) => severity === 'problem');
  expect(code).toBe(bad.length === 0 ? 0 : 7);
  expect(json['ok']).toBe(bad.length === 0);
  for (const { severity, meaning, help } of checks) {
    expect([meaning === null, help === null]).toEqual(Array(2).fill(severity === 'ok'));
  }
  return { checks, bad, named: (name: string) => checks.filter((one) => one.name === name) };
}

/** Every file below, with its mode and digest; but the empty log and the index that SQLite itself makes to read a store. */
function snapshot(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return Object.fromEntries(
    names
      .filter((name) => !/sqlite-(wal|shm)$/.test(name))
      .map((name) => {
        const path = join(folder, name);
        const { mode } = statSync(path);
        const bytes = statSync(path).isFile() ? hash('sha256', readFileSync(path)) : '';
        return [name, `${mode} ${bytes}`];
      }),
  );
}

async function install(home: Home, files: Record<string, string> = {}, trust = 'third_party') {
  const folder = join(home.path, 'source');
  mkdirSync(folder);
  const manifest = '[skill]\nname = "answer"\nversion = "1.0.0"\ncomponent = "./answer.wasm"\n';
  writeFileSync(join(folder, 'skill.toml'), manifest);
  writeFileSync(join(folder, 'answer.wasm'), readFileSync(await buildGuest('answer')));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const [candidate] = await prepareInstall(folder, { home: home.path });
  const store = SkillStore.user(statePlaces(home.path));
  const approval = { approver: 'ada', trust: trust as 'third_party', home: home.path };
  await candidate!.install(store, approval, undefined);
  const entry = (await store.find('answer'))!.entry;
  return store.folderOf(entry);
}

async function keepCredential(home: Home): Promise<void> {
  const secret = (text: string) => new Secret(Buffer.from(text));
  await using vault = new FileVault({
    path: statePlaces(home.path).credentialsFile,
    keyring: null,
    passphrase: async () => secret('long-enough-passphrase'),
  });
  await vault.set({ skill: 'answer', name: 'token' }, secret('canary'));
}

test('a machine on which skills run is sound, and says which layers it has', async () => {
  using home = new Home();
  const { code, stdout } = await home.run(['doctor']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ok +Node +\d+\./m);
  expect(stdout).toMatch(/^ok +isolate +starts$/m);
  expect(stdout).toMatch(/^ok +locked realm +by Node /m);
  expect(stdout).toMatch(/^(ok|warning) +own file system /m);
  expect(stdout).toMatch(/^ok +audit store .*audit\.sqlite is made at the first use$/m);
  expect(stdout).toMatch(/^ok +Rust toolchain /m);
  expect(stdout).toMatch(/\n\n(Everything is as it should be|Skills run; look at .*)\.\n$/);
  expect(readdirSync(home.path)).toEqual([]);
});

test('a container engine is looked at: there, not there, and one that keeps no limit', async () => {
  using home = new Home();
  const found = async (socket: string): Promise<string> => {
    const environment = { DOCKER_HOST: `unix://${socket}` };
    const { stdout } = await home.run(['doctor', '--quick'], { environment });
    return /^.*container engine.*\n(?: .*\n)*/m.exec(stdout)?.[0] ?? '';
  };
  expect(await found('/nowhere/docker.sock')).toMatch(/^ok +container engine +not found; /);
  const daemon = await new FakeDaemon().listen();
  try {
    expect(await found(daemon.socket)).toMatch(
      /^ok +container engine +\/.*, with container, seccomp, rootless\n$/,
    );
    daemon.answers.set('GET /info', json({ ...info, PidsLimit: false }));
    expect(await found(daemon.socket)).toMatch(
      /^warning +container engine +The container engine does not give a limit of processes; .*\n +Skills with runtime = "docker" are not loaded\.\n/,
    );
  } finally {
    await daemon.close();
  }
});

test('what is missing is told with a way to get it; --strict fails for it', async () => {
  using home = new Home();
  const { checks, bad } = await diagnose(home);
  expect(bad).toEqual([]);
  const complete = checks.every(({ severity }) => severity === 'ok');
  const strict = await home.run(['doctor', '--strict']);
  expect(strict.code).toBe(complete ? 0 : 7);
});

test('state that was used is sound, and doctor leaves every byte of it as it was', async () => {
  using home = new Home();
  await install(home);
  const ran = await home.run(['run', await buildGuest('answer'), 'run']);
  expect(ran.code).toBe(0);
  await keepCredential(home);
  const before = snapshot(home.path);
  for (const flags of [[], ['--quick']]) {
    const { bad, named } = await diagnose(home, ...flags);
    expect(bad).toEqual([]);
    expect(named('audit store')[0]?.found).toContain(flags.length === 0 ? '1 invocations' : 'end');
    expect(named('skill answer')[0]).toMatchObject({ severity: 'ok' });
    expect(named('credentials')[0]?.found).toMatch(/undamaged: 1 kept, locked by a passphrase/);
    expect(named('component cache')[0]?.found).toMatch(/^[1-9]\d* components/);
    expect(snapshot(home.path)).toEqual(before);
    expect(statSync(`${statePlaces(home.path).auditFile}-wal`).size).toBe(0);
  }
});

test('state that others may write is a problem with its remedy', async () => {
  using home = new Home();
  chmodSync(home.path, 0o777);
  const { code, stdout } = await home.run(['doctor']);
  expect(code).toBe(7);
  expect(stdout).toMatch(/^problem +state directory .*mode 0777: others may write\n/m);
  expect(stdout).toMatch(/^ +Run: chmod 700 /m);
  expect(stdout).toMatch(/must be put right\.\n$/);
});

test('secret files that others may read, and settings that they may write, are problems', async () => {
  using home = new Home();
  for (const [name, mode] of [
    ['lock.key', 0o640],
    ['audit.sqlite.signing', 0o604],
    ['trust.json', 0o662],
    ['acceptances.json', 0o644],
  ] as const) {
    writeFileSync(join(home.path, name), '');
    chmodSync(join(home.path, name), mode);
  }
  const { named } = await diagnose(home);
  expect(named('lock.key')[0]?.found).toContain('0640: others may read');
  expect(named('audit.sqlite.signing')[0]?.found).toContain('0604: others may read');
  expect(named('trust.json')[0]?.found).toContain('0662: others may write');
  expect(named('acceptances.json')).toEqual([]);
});

test('a home that cannot be made or written is a problem', async () => {
  using home = new Home();
  const file = join(home.path, 'file');
  writeFileSync(file, '');
  const closed = join(home.path, 'closed');
  mkdirSync(closed, { mode: 0o500 });
  // Root may write everywhere.
  const unwritable = process.getuid?.() === 0 ? [] : [closed, join(closed, 'below')];
  for (const place of [file, join(file, 'below'), ...unwritable]) {
    const { code, stdout } = await home.run(['doctor', '--json'], {
      environment: { SKILL_ENGINE_HOME: place },
    });
    expect(code, place).toBe(7);
    const state = checksOf(JSON.parse(stdout)).find(({ name }) => name === 'state directory')!;
    expect(state, place).toMatchObject({ severity: 'problem' });
    expect(state.help).toContain('SKILL_ENGINE_HOME');
  }
});

test('an audit store that is none is a problem', async () => {
  using home = new Home();
  const text = 'not a database at all, but long enough to be read';
  writeFileSync(join(home.path, 'audit.sqlite'), text, { mode: 0o600 });
  for (const flags of [[], ['--quick']]) {
    const { named } = await diagnose(home, ...flags);
    expect(named('audit store')[0]).toMatchObject({ severity: 'problem' });
  }
});

test('a record that was changed, or cut at its end, is a problem', async () => {
  using home = new Home();
  await home.run(['run', await buildGuest('answer'), 'run']);
  const tamper = (sql: string) => {
    const db = new DatabaseSync(join(home.path, 'audit.sqlite'));
    db.exec(`DROP TRIGGER IF EXISTS entry_is_append_only; ${sql}`);
    db.close();
  };
  tamper(`UPDATE entry SET body = replace(body, '"answer"', '"honest"') WHERE seq = 1`);
  const changed = await diagnose(home);
  expect(changed.named('audit store')[0]).toMatchObject({ severity: 'problem' });
  expect(changed.named('audit store')[0]?.meaning).toMatch(/changed outside of the engine/);
  tamper('DELETE FROM entry WHERE seq = (SELECT max(seq) FROM entry)');
  const cut = await diagnose(home, '--quick');
  expect(cut.named('audit store')[0]).toMatchObject({ severity: 'problem' });
});

test('a changed byte of an installed skill is a problem that names the file', async () => {
  using home = new Home();
  const folder = await install(home, { 'notes.md': 'as installed' });
  appendFileSync(join(folder, 'notes.md'), '.');
  const { bad } = await diagnose(home);
  expect(bad).toMatchObject([
    { name: 'skill answer', meaning: 'It does not load (PACKAGE_CHANGED).' },
  ]);
  expect(bad[0]?.found).toContain('notes.md is another one');
  rmSync(join(folder, 'notes.md'));
  expect((await diagnose(home)).bad[0]?.found).toContain('notes.md is missing');
});

test('a lock that was edited, or is damaged, is a problem', async () => {
  using home = new Home();
  await install(home);
  const lock = join(home.path, 'skills.lock');
  const text = readFileSync(lock, 'utf8');
  writeFileSync(lock, text.replace('"approver": "ada"', '"approver": "eve"'));
  expect((await diagnose(home)).bad[0]?.meaning).toContain('LOCK_INVALID');
  writeFileSync(lock, text.slice(0, 100));
  expect((await diagnose(home)).bad).toMatchObject([{ name: 'skills of the user' }]);
});

test('quarantined, empty and oversized skills are told', async () => {
  using quarantined = new Home();
  await install(quarantined, {}, 'quarantine');
  expect((await diagnose(quarantined)).named('skill answer')[0]).toMatchObject({
    severity: 'warning',
    found: 'is quarantined',
  });
  using odd = new Home();
  // A component with a custom section of 21 MiB, and nothing else.
  const size = 21 * 1024 * 1024;
  const length = [0, 7, 14, 21].map((at) => ((size >> at) & 0x7f) | (at < 21 ? 0x80 : 0));
  const custom = Buffer.alloc(size);
  custom.set([1, 0x78]);
  const bytes = Buffer.concat([
    Buffer.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0, 0, ...length]),
    custom,
  ]);
  await install(odd, { 'answer.wasm': bytes as unknown as string });
  const found = (await diagnose(odd)).named('skill answer');
  expect(found.map(({ severity }) => severity)).toEqual(['warning', 'problem']);
  expect(found[0]?.found).toContain('22 MiB');
  expect(found[1]?.found).toContain('nothing to call');
});

test('a damaged vault is a problem, and no passphrase is asked for', async () => {
  using home = new Home();
  await keepCredential(home);
  const vault = join(home.path, 'credentials.enc');
  const bytes = readFileSync(vault);
  bytes[120]! ^= 1;
  writeFileSync(vault, bytes);
  const marker = join(home.path, 'asked');
  const { code, stdout } = await home.run(['doctor', '--json'], {
    environment: { SKILL_ENGINE_PASSPHRASE_COMMAND: `touch ${marker}` },
  });
  expect(code).toBe(7);
  const found = checksOf(JSON.parse(stdout)).find(({ name }) => name === 'credentials')!;
  expect(found).toMatchObject({ severity: 'problem' });
  expect(found.found).toContain('damaged');
  expect(readdirSync(home.path)).not.toContain('asked');
});

test('cached code that was changed is told, and left for the next load to refuse', async () => {
  using home = new Home();
  await home.run(['run', await buildGuest('answer'), 'run']);
  const cache = join(home.path, 'cache');
  const [key] = readdirSync(cache);
  const glue = join(cache, key!, 'glue.js');
  appendFileSync(glue, '//');
  writeFileSync(glue, readFileSync(glue, 'utf8').replace(/..$/s, '').replace(/.$/s, ' '));
  const changed = (await diagnose(home)).named('component cache');
  expect(changed).toMatchObject([{ severity: 'warning' }]);
  expect(changed[0]?.found).toContain('glue.js was changed');
  expect(readdirSync(cache)).toContain(key);
  rmSync(join(home.path, 'cache.key'));
  const keyless = (await diagnose(home, '--quick')).named('component cache');
  expect(keyless[0]?.found).toContain('key of the cache is missing');
  expect(readdirSync(home.path)).not.toContain('cache.key');
});

test('it takes no arguments', async () => {
  using home = new Home();
  const { code, stderr } = await home.run(['doctor', 'everything']);
  expect(code).toBe(2);
  expect(stderr).toContain('"everything"');
});
