import { expect, it } from 'vitest';
import '../../packages/testing/src/vitest.ts';
import { probeTest } from './skill.ts';

const wall = 'const { seconds } = wasi.clocks.wallClock.now(); return seconds';

it('has a fixed clock that only waits and the test move', async () => {
  const { value, skill } = await probeTest('', { clock: '2030-05-01T12:00:00Z' });
  const start = Date.UTC(2030, 4, 1, 12) / 1000;
  expect(await value(wall)).toBe(start);
  expect(await value(wall)).toBe(start);
  const slept = await value(`
    const before = wasi.clocks.monotonicClock.now();
    wasi.clocks.monotonicClock.subscribeDuration(3600e9).block();
    return [wasi.clocks.monotonicClock.now() - before, wasi.clocks.wallClock.now().seconds]`);
  expect(slept).toEqual([3600e9, start + 3600]);
  skill.clock.advance(60_000);
  expect(await value(wall)).toBe(start + 60);
});

it('has a clock that steps with every reading', async () => {
  const { value } = await probeTest('', { clock: { now: 0, monotonic: 5, step: 2 } });
  const now = 'wasi.clocks.monotonicClock.now()';
  expect(await value(`return [${now}, ${now}, ${now}]`)).toEqual([5e6, 7e6, 9e6]);
});

it('lets a clock go on while the network is waited for', async () => {
  let answer: (() => void) | undefined;
  const { value } = await probeTest('network = ["https://api.example.com"]', {
    http: {
      'GET https://api.example.com/': () => new Promise((done) => (answer = () => done({}))),
    },
  });
  const waited = await value(`
    const request = new wasi.http.types.OutgoingRequest(new wasi.http.types.Fields());
    request.setScheme({ tag: 'HTTPS' });
    request.setAuthority('api.example.com');
    request.setPathWithQuery('/');
    const future = wasi.http.outgoingHandler.handle(request, undefined);
    const timer = wasi.clocks.monotonicClock.subscribeDuration(50e6);
    const ready = wasi.io.poll.poll([future.subscribe(), timer]);
    return [[...ready], wasi.clocks.monotonicClock.now()]`);
  expect(waited).toEqual([[1], 51e6]);
  answer?.();
});

it('draws the same for the same seed, and other for another', async () => {
  const draw = 'return wasi.random.random.getRandomBytes(16)';
  const first = await probeTest('', { random: 7 });
  const again = await probeTest('', { random: 7 });
  const other = await probeTest('', { random: 8 });
  const drawn = await first.value(draw);
  expect(drawn).toEqual(await first.value(draw));
  expect(drawn).toEqual(await again.value(draw));
  expect(drawn).not.toEqual(await other.value(draw));
});

it('costs the same fuel in another harness', async () => {
  const code = 'let sum = 0; for (let at = 0; at < 1000; at += 1) sum += at; return sum';
  const [one, other] = [await probeTest(), await probeTest()];
  expect((await one.run(code)).fuelUsed).toBe((await other.run(code)).fuelUsed);
});

it('passes only the variables that the test gives and the manifest allows', async () => {
  process.env['APP_REAL'] = 'real';
  const { value } = await probeTest('environment = { allowlist = ["APP_MODE", "APP_REAL"] }', {
    env: { APP_MODE: 'test', OTHER: 'no' },
  });
  delete process.env['APP_REAL'];
  expect(await value('return wasi.cli.environment.getEnvironment()')).toEqual([
    ['APP_MODE', 'test'],
  ]);
});

it('narrows limits and grants', async () => {
  const limited = await probeTest('', { limits: { fuel: 1000 } });
  expect(await limited.run('return 1')).toFailWith('FUEL_EXHAUSTED');
  const none = await probeTest('filesystem = ["read:/data"]', {
    grant: 'none',
    fs: { '/data/a': 'a' },
  });
  expect(await none.value('return wasi.filesystem.preopens.getDirectories().length')).toBe(0);
});

it('leaves an audit record of every run, refused ones too', async () => {
  const { run, skill } = await probeTest();
  await run('return 1');
  const refused = await skill.run('nothing', {}, { user: 'ada' });
  expect(refused.audit).toMatchObject({ status: 'failure', user: 'ada' });
  expect((await skill.audit()).map(({ status }) => status)).toEqual(['success', 'failure']);
});

const credential = `network = ["https://a.example.com", "https://b.example.com"]
  credentials = { api_token = { hosts = ["a.example.com"] } }`;

const fetchWith = (host: string) =>
  `const held = wasi.cli.environment.getEnvironment().find(([name]) => name === 'api_token')[1];
   return [held, fetchOnce({ scheme: { tag: 'HTTPS' }, authority: '${host}',
     headers: [['authorization', 'Bearer ' + held]] }).body]`;

it('lends credentials as in use: a placeholder to the skill, the value to the host it is bound to', async () => {
  const { value, run, skill } = await probeTest(credential, {
    credentials: { api_token: 'tok-very-secret' },
    http: {
      'GET https://a.example.com/': (request) => ({ body: request.headers['authorization']! }),
    },
  });
  const [held, body] = (await value(fetchWith('a.example.com'))) as string[];
  expect(held).not.toContain('secret');
  // What the host says back is scrubbed.
  expect(body).not.toContain('tok-very-secret');
  expect(skill.requests()[0]!.headers['authorization']).toBe('Bearer tok-very-secret');
  const elsewhere = await run(fetchWith('b.example.com'));
  expect(elsewhere).toBeDenied(/./);
  expect(JSON.stringify(elsewhere)).not.toContain('tok-very-secret');
  expect(skill.requests()).toHaveLength(1);
});

it('never takes a credential of the operator', async () => {
  const { run } = await probeTest(credential);
  expect(await run('return 1')).toFailWith('CREDENTIAL_MISSING');
});
