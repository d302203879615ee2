/** An isolate that speaks by hand asks for interfaces of the embedding program: what it is not granted, or in forms that glue never has. */
import { afterEach, expect, it } from 'vitest';
import { effective, noCapabilities } from '../../packages/engine/src/authority/effective.ts';
import { Broker } from '../../packages/engine/src/broker/broker.ts';
import { InterfaceCalls } from '../../packages/engine/src/interfaces/calls.ts';
import { readOffers } from '../../packages/engine/src/interfaces/offer.ts';
import type { IsolatePool } from '../../packages/engine/src/isolate/pool.ts';
import { NETWORK_LIMITS } from '../../packages/engine/src/limits/limits.ts';
import { fakePool, invoke, sound } from './fake-isolate.ts';

const granted = 'app:db/query@1.0.0';
const offered = 'app:db/admin@1.0.0';
const nothing = effective({ declared: noCapabilities, granted: 'none' }, { baseDir: '/' });

const pools: IsolatePool[] = [];
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

/** Runs the script in an isolate's place; `ask` in it sends one call and has the reply. */
async function speak(script: string) {
  const called: unknown[] = [];
  const offers = await readOffers({
    [granted]: {
      wit: 'package app:db@1.0.0; interface query { find: func(name: string, limit: u8) -> u8; }',
      implementation: { find: (...args: unknown[]) => (called.push(args.slice(0, -1)), 1) },
    },
    [offered]: {
      wit: 'package app:db@1.0.0; interface admin { drop: func() -> u8; }',
      implementation: { drop: () => (called.push('drop'), 1) },
    },
  });
  const calls = new InterfaceCalls(offers, {
    skill: 's',
    tool: 't',
    user: null,
    executionId: 'e',
  });
  const broker = new Broker(
    {
      interfaces: [granted],
      filesystem: nothing.filesystem,
      limits: { diskBytes: 0, handles: 16, readBytes: 65_536, directoryEntries: 100 },
      network: { authority: nothing.network, limits: NETWORK_LIMITS, trust: { ca: [] } },
    },
    (name, fn, bytes) => calls.answer({ interface: name, function: fn, bytes }),
  );
  const pool = fakePool([
    `const ask = (args, blob = Buffer.from('["a",1]')) => {
      send(Kind.request, { op: 'iface.call', args }, blob);
      const { message, blob: answer } = receive();
      return message.error ?? JSON.parse(answer);
    };
    load(); receive(); ${script}`,
    sound,
  ]);
  pools.push(pool);
  await pool.open();
  const { end } = await invoke(pool, { handler: broker });
  const replies =
    end.kind === 'result' ? (JSON.parse(new TextDecoder().decode(end.text)) as unknown[]) : [];
  broker.close();
  return { end, replies, called, denials: broker.denials, pool };
}

const each = (calls: string) => `give(JSON.stringify([${calls}])); spin();`;

it('WIRE-50 an interface that is not granted is denied, whether it is offered or not', async () => {
  const { replies, called, denials } = await speak(
    each(`ask(['${offered}', 'drop']), ask(['${offered}', 'drop']), ask(['app:none/x', 'f']),
      ask(['app:db/query', 'find']), ask(['__proto__', 'find']), ask(['', ''])`),
  );
  expect(replies).toEqual(Array(6).fill('access'));
  expect(called).toEqual([]);
  expect(denials[0]).toEqual({ area: 'interface', name: offered, count: 2 });
  expect(denials).toHaveLength(5);
});

it('WIRE-51 a function that is not offered is not found, by inheritance neither', async () => {
  const names = ['drop', 'toString', '__proto__', 'constructor', 'bind', '', '[constructor]find'];
  const { replies, called } = await speak(
    each(names.map((name) => `ask(['${granted}', ${JSON.stringify(name)}])`).join()),
  );
  expect(replies).toEqual(names.map(() => ({ failed: 'There is no such function.' })));
  expect(called).toEqual([]);
});

it('WIRE-52 arguments that are not of its types never reach the implementation', async () => {
  const forged = [
    '["a"]',
    '["a",1,2]',
    '[1,"a"]',
    '["a",256]',
    '["a",-1]',
    '["a",1.5]',
    '["a",null]',
    '[{"toString":"a"},1]',
    '{"0":"a","1":1,"length":2}',
    'null',
    'nonsense',
    '',
  ];
  const { replies, called } = await speak(
    each(
      [...forged.map((text) => `Buffer.from(${JSON.stringify(text)})`), 'Buffer.from([255])']
        .map((blob) => `ask(['${granted}', 'find'], ${blob})`)
        .join(),
    ),
  );
  expect(replies).toHaveLength(forged.length + 1);
  for (const reply of replies) expect(reply).toEqual({ failed: expect.any(String) });
  expect(called).toEqual([]);
});

it('WIRE-53 what is granted still works from the same isolate', async () => {
  const { replies, called } = await speak(
    each(`ask(['${offered}', 'drop']), ask(['${granted}', 'find'])`),
  );
  expect(replies).toEqual(['access', { ok: 1 }]);
  expect(called).toEqual([['a', 1]]);
});

it.each([
  ['WIRE-54 2 MiB of arguments', `['${granted}', 'find'], Buffer.alloc(2 * 1024 * 1024, 32)`],
  ['WIRE-55 no function', `['${granted}']`],
  ['WIRE-56 one argument too many', `['${granted}', 'find', 'find']`],
  ['WIRE-57 names that are no text', `[['${granted}'], 'find']`],
  ['WIRE-58 a function that is an object', `['${granted}', { toString: 'find' }]`],
])('%s ends the isolate, and the next one works', async (_, args) => {
  const { end, called, pool } = await speak(`ask(${args}); spin();`);
  expect(end.kind).toBe('protocol');
  expect(called).toEqual([]);
  const next = (await invoke(pool)).end;
  expect(next.kind === 'result' && new TextDecoder().decode(next.text)).toBe('"sound"');
});

it('WIRE-59 a blob just above 1 MiB, within the largest frame, is refused', async () => {
  const { replies, called } = await speak(
    each(`ask(['${granted}', 'find'], Buffer.alloc(1024 * 1024 + 1, 32))`),
  );
  expect(replies).toEqual(['too-large']);
  expect(called).toEqual([]);
});
