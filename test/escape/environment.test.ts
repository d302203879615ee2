/** ENV-*, CLI-02, CLI-03: a guest learns of its host only what was granted. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { outcome, probe } from '../guests/probe.ts';
import { type Bench, openBench } from './harness.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
  await bench.install('probe');
  await bench.install(
    'probe',
    '[skills.capabilities.environment]\nallowlist = ["HOST_*", "OTHER"]\n',
    'granted-probe',
  );
});
afterAll(() => bench[Symbol.asyncDispose]());

async function ask(skill: string, code: string) {
  const result = await bench.engine.execute(skill, 'eval', probe(code));
  if (!result.ok) throw result.error;
  return { ...outcome(result.value), stdout: result.stdout, stderr: result.stderr };
}

it('ENV-01 environment and arguments are empty unless granted', async () => {
  const found = await ask(
    'probe',
    'return [wasi.cli.environment.getEnvironment(), wasi.cli.environment.getArguments()]',
  );
  expect(found).toMatchObject({ value: [[], []] });
});

it('ENV-01 what is granted passes, a sensitive name does not', async () => {
  const found = await ask('granted-probe', 'return wasi.cli.environment.getEnvironment()');
  expect(found).toMatchObject({ value: [['HOST_PLAIN', 'host-plain']] });
});

it("ENV-02 the working directory is not the host's", async () => {
  expect(await ask('probe', 'return wasi.cli.environment.initialCwd()')).toMatchObject({
    value: '/',
  });
});

it('CLI-02 standard input is at its end', async () => {
  const found = await ask('probe', 'return wasi.cli.stdin.getStdin().blockingRead(10)');
  expect(found).toMatchObject({ error: { tag: 'closed' } });
});

it('CLI-02 no terminal is there', async () => {
  const found = await ask(
    'probe',
    'return [wasi.cli.terminalStdin.getTerminalStdin(), wasi.cli.terminalStdout.getTerminalStdout()]',
  );
  expect(found).toMatchObject({ value: [null, null] });
});

it('CLI-03 output is captured for its own invocation', async () => {
  const say = (text: string) =>
    ask(
      'probe',
      `wasi.cli.stdout.getStdout().blockingWriteAndFlush(utf8.encode(${JSON.stringify(text)}));
       wasi.cli.stderr.getStderr().blockingWriteAndFlush(utf8.encode('err ' + ${JSON.stringify(text)}));`,
    );
  const [one, two] = await Promise.all([say('one'), say('two')]);
  expect([one.stdout, one.stderr, two.stdout, two.stderr]).toEqual([
    'one',
    'err one',
    'two',
    'err two',
  ]);
});

it('RND-01 asking for too much random is a trap, not memory', async () => {
  const result = await bench.engine.execute(
    'probe',
    'eval',
    probe('return wasi.random.random.getRandomBytes(2 ** 31)'),
  );
  expect(result.error?.code).toBe('GUEST_TRAP');
});

it('CLK-02 polling on nothing and sleeping works within the limit', async () => {
  const found = await ask(
    'probe',
    `const clock = wasi.clocks.monotonicClock; const before = clock.now();
     clock.subscribeDuration(20000000).block(); return clock.now() - before >= 20000000`,
  );
  expect(found).toMatchObject({ value: true });
});

it('NET-01 every way to the network is refused and recorded', async () => {
  const code = `
    const attempt = (action) => { try { action(); return 'worked'; } catch (error) { return error.payload; } };
    const net = wasi.sockets.instanceNetwork.instanceNetwork();
    return [
      attempt(() => wasi.sockets.tcpCreateSocket.createTcpSocket('ipv4')),
      attempt(() => wasi.sockets.udpCreateSocket.createUdpSocket('ipv4')),
      attempt(() => wasi.sockets.ipNameLookup.resolveAddresses(net, 'example.com')),
    ]`;
  const result = await bench.engine.execute('probe', 'eval', probe(code));
  expect(outcome(result.value)).toEqual({
    value: ['access-denied', 'access-denied', 'access-denied'],
  });
  expect(result.denials.map(({ code: denied }) => denied)).toEqual(
    Array.from({ length: 3 }, () => 'NETWORK_NOT_GRANTED'),
  );
});
