/** Trust levels: by rank, and only an operator moves them. */
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import {
  MemoryAuditStore,
  createEngine,
  findInstalled,
  trustLevels,
  type Engine,
  type EngineOptions,
  type TrustLevel,
} from '../../packages/engine/src/index.ts';
import { isolationOf } from '../../packages/engine/src/admit.ts';
import { assertTrusted, narrowedBy, reaches } from '../../packages/engine/src/trust/levels.ts';
import { buildGuest } from '../guests/build.ts';
import { Bench, manifest } from './packages.ts';

const bench = new Bench();
const engines: Engine[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(engines.splice(0).map((engine) => engine.close()));
});
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

const find = async () =>
  (await findInstalled('answer', { home: bench.home, project: bench.path }))!;

test('levels are ordered by rank: compared as texts, three pairs would be the wrong way round', () => {
  const ordered: readonly TrustLevel[] = ['quarantine', 'untrusted', 'third_party', 'trusted'];
  expect(trustLevels.toSorted()).toEqual(ordered.toSorted());
  for (const [low, one] of ordered.entries()) {
    for (const [high, other] of ordered.entries()) expect(reaches(other, one)).toBe(high >= low);
  }
  // What a comparison of texts would get wrong: it holds untrusted for more than trusted.
  expect(trustLevels.toSorted().at(-1)).toBe('untrusted');
  expect(() => assertTrusted('a', 'untrusted', 'trusted')).toThrow('untrusted');
});

test('what is in quarantine never runs, whatever the minimum', async () => {
  await bench.install(await bench.package(), bench.user, 'quarantine');
  const running = await engine({ trust: { minimum: 'quarantine' } });
  const installed = await find();
  for (const options of [{}, { trust: 'trusted' }, { grant: 'none' }] as const) {
    await expect(running.load(installed, options)).rejects.toMatchObject({
      code: 'SKILL_QUARANTINED',
    });
  }
});

test('a minimum refuses what is below, by path and by name', async () => {
  await bench.install(await bench.package(), bench.user, 'untrusted');
  const running = await engine({ trust: { minimum: 'trusted' } });
  await expect(running.load(await find())).rejects.toMatchObject({ code: 'TRUST_TOO_LOW' });
  const guest = await buildGuest('answer');
  await expect(running.load(guest)).rejects.toMatchObject({ code: 'TRUST_TOO_LOW' });
  expect(await running.load(guest, { trust: 'trusted' })).toHaveLength(1);
});

test('a load can lower the level of an installed skill and never raise it', async () => {
  await bench.install(await bench.package(), bench.user, 'third_party');
  const running = await engine({ isolation: { os: 'preferred' } });
  const installed = await find();
  const levelOf = async (trust: TrustLevel) => (await running.load(installed, { trust }))[0]!.trust;
  expect(await levelOf('trusted')).toBe('third_party');
  expect(await levelOf('untrusted')).toBe('untrusted');
});

test('the untrusted have lower limits, whatever their manifest says', async () => {
  const generous =
    '[skill.resources]\nmemory = "1G"\ntimeout = 3600\ndisk = "9G"\nfuel = 900_000_000_000';
  await bench.install(
    await bench.package({ 'skill.toml': manifest(generous) }),
    bench.user,
    'untrusted',
  );
  const running = await engine({ isolation: { os: 'preferred' } });
  const [skill] = await running.load(await find());
  expect(skill!.limits).toEqual({
    memoryBytes: 64 * 1024 * 1024,
    fuel: 5_000_000_000,
    timeoutMs: 15_000,
    outputBytes: 1024 * 1024,
    diskBytes: 16 * 1024 * 1024,
  });
  expect(narrowedBy('untrusted', { fuel: 7, timeoutMs: 60_000 })).toMatchObject({
    fuel: 7,
    timeoutMs: 15_000,
  });
});

test('the untrusted need all layers unless the operator says otherwise; only the trusted get a thread', () => {
  const thread = { level: 'thread' } as const;
  expect(isolationOf('untrusted', undefined, undefined)).toEqual({
    level: 'process',
    os: 'required',
  });
  expect(isolationOf('untrusted', { os: 'preferred' }, undefined).os).toBe('preferred');
  expect(isolationOf('untrusted', thread, thread)).toEqual({ level: 'process', os: 'required' });
  expect(isolationOf('third_party', thread, thread).level).toBe('process');
  expect(isolationOf('trusted', thread, thread).level).toBe('thread');
  expect(isolationOf('trusted', thread, undefined).level).toBe('process');
});

test('a level that does not exist is an error, not the lowest or highest', async () => {
  const minimum = 'Trusted' as TrustLevel;
  await expect(engine({ trust: { minimum } })).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
  const running = await engine();
  const loading = running.load(await buildGuest('answer'), { trust: minimum });
  await expect(loading).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
});

test('what only looks like an installed skill is refused', async () => {
  const running = await engine();
  const installed = await find();
  const forged = { ...installed, approved: true, trust: 'trusted' };
  await expect(running.load(forged as typeof installed)).rejects.toMatchObject({
    code: 'INVALID_OPTIONS',
  });
});
