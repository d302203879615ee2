/** A malicious isolate on the wire: it ends, and nothing else does. */
import { afterEach, describe, expect, it } from 'vitest';
import type { IsolatePool } from '../../packages/engine/src/isolate/pool.ts';
import { type Attempt, fakePool, invoke, sound } from './fake-isolate.ts';

const pools: IsolatePool[] = [];
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

async function opened(script: string): Promise<IsolatePool> {
  const pool = fakePool([script, sound]);
  pools.push(pool);
  await pool.open();
  return pool;
}

/** What the next invocation returns. */
async function answered(pool: IsolatePool): Promise<string> {
  const { end } = await invoke(pool);
  return end.kind === 'result' ? new TextDecoder().decode(end.text) : JSON.stringify(end);
}

/** Each is said during an invocation. */
const violations: Record<string, string> = {
  'WIRE-01 a frame of the supervisor’s kinds': `send(Kind.invoke); spin();`,
  'WIRE-02 a kind that does not exist': `send(99); spin();`,
  'WIRE-03 ready in the middle': `send(Kind.ready); spin();`,
  'WIRE-04 a length beyond the largest frame': `raw(Buffer.from([255, 255, 255, 255])); spin();`,
  'WIRE-05 JSON longer than its frame': `raw(Buffer.from([5, 0, 0, 0, Kind.request, 255, 255, 0, 0])); spin();`,
  'WIRE-06 a frame shorter than its header': `raw(Buffer.from([1, 0, 0, 0, Kind.request])); spin();`,
  'WIRE-07 an empty frame': `raw(Buffer.from([0, 0, 0, 0])); spin();`,
  'WIRE-08 JSON that is not UTF-8': `raw(Buffer.from([6, 0, 0, 0, Kind.request, 1, 0, 0, 0, 255])); spin();`,
  'WIRE-09 no JSON': `send(Kind.request, 'nonsense'); spin();`,
  'WIRE-10 JSON of another type': `send(Kind.request, 'null'); spin();`,
  'WIRE-11 arguments that are no list': `send(Kind.request, { op: 'x', args: { length: 1 } }); spin();`,
  'WIRE-12 too many arguments': `send(Kind.request, { op: 'x', args: Array(17).fill(0) }); spin();`,
  'WIRE-13 an operation that is no text': `send(Kind.request, { op: {}, args: [] }); spin();`,
  'WIRE-14 fields by inheritance': `send(Kind.request, '{"__proto__":{"op":"x","args":[]}}'); spin();`,
  'WIRE-15 output of another stream': `send(Kind.output, { stream: 0 }); spin();`,
  'WIRE-16 an empty result part': `send(Kind.resultPart); spin();`,
  'WIRE-17 a result of no kind': `send(Kind.result, result({ kind: 'shell' })); spin();`,
  'WIRE-18 a fault that does not exist': `send(Kind.result, result({ kind: 'fault', fault: 'toString', message: '' })); spin();`,
  'WIRE-19 counts that are none': `send(Kind.result, { ...result(), memoryPeakBytes: -1 }); spin();`,
  'WIRE-20 fuel that is no number': `send(Kind.result, { ...result(), fuelUsed: '1e9' }); spin();`,
  'WIRE-21 nesting of 500 000 levels': `send(Kind.request, '['.repeat(500000) + ']'.repeat(500000)); spin();`,
};

describe('what no honest isolate says ends the isolate', () => {
  it.each(Object.entries(violations))('%s', async (_, script) => {
    const pool = await opened(`load(); receive(); ${script}`);
    expect((await invoke(pool)).end.kind).toBe('protocol');
    expect(await answered(pool)).toBe('"sound"');
  });

  it('WIRE-22 a request while another is pending', async () => {
    const pool = await opened(
      `load(); receive(); send(Kind.request, { op: 'x', args: [] }); send(Kind.request, { op: 'x', args: [] }); spin();`,
    );
    const never = { request: () => new Promise<never>(() => {}) };
    expect((await invoke(pool, { handler: never })).end.kind).toBe('protocol');
    expect(await answered(pool)).toBe('"sound"');
  });

  it('WIRE-23 a second result does not answer the next invocation', async () => {
    const pool = await opened(`load(); receive(); raw(answer('1')); raw(answer('2')); spin();`);
    expect((await invoke(pool)).end.kind).toBe('result');
    expect(await answered(pool)).toBe('"sound"');
  });

  it('WIRE-24 a result before the invocation does not answer it', async () => {
    const pool = await opened(
      `send(Kind.ready); receive(); raw(Buffer.concat([frame(Kind.ready), answer('0')])); spin();`,
    );
    expect(await answered(pool)).toBe('"sound"');
  });

  it('WIRE-25 answers before it was loaded', async () => {
    const pool = fakePool([`give('0'); spin();`]);
    pools.push(pool);
    await expect(pool.open()).rejects.toMatchObject({ end: { kind: 'protocol' } });
  });
});

describe('an isolate that is lost between invocations harms none', () => {
  it.each([
    ['WIRE-26 it never becomes ready again', `raw(answer('1')); spin();`],
    ['WIRE-27 it closes the wire', `raw(answer('1')); require('node:fs').closeSync(3); spin();`],
    [
      'WIRE-28 it speaks while idle',
      `raw(Buffer.concat([answer('1'), frame(Kind.ready), frame(Kind.output, { stream: 1 })])); spin();`,
    ],
    ['WIRE-29 it dies', `raw(answer('1')); process.exit(0);`],
  ])('%s', async (_, script) => {
    const pool = await opened(`load(); receive(); ${script}`);
    expect((await invoke(pool)).end.kind).toBe('result');
    expect(await answered(pool)).toBe('"sound"');
  });
});

const silent: Attempt = { timeoutMilliseconds: 300 };

describe('whatever it does, the time limit ends it', () => {
  it.each([
    ['WIRE-30 half a frame, then silence', `raw(frame(Kind.request).subarray(0, 7)); spin();`],
    [
      'WIRE-32 deaf to every signal that can be caught',
      `for (const s of ['SIGTERM','SIGINT','SIGHUP','SIGUSR2']) process.on(s, () => {}); spin();`,
    ],
    [
      'WIRE-33 output without content, without end',
      `const one = frame(Kind.output, { stream: 1 }); for (;;) raw(one);`,
    ],
    [
      'WIRE-34 its stderr without end',
      `for (;;) try { writeSync(2, Buffer.alloc(65536, 120)); } catch {}`,
    ],
    [
      'WIRE-35 requests without end',
      `for (;;) { send(Kind.request, { op: 'x', args: [] }); receive(); }`,
    ],
  ])('%s', async (_, script) => {
    const pool = await opened(`load(); receive(); ${script}`);
    expect((await invoke(pool, silent)).end).toEqual({ kind: 'stopped', reason: 'timeout' });
    expect(await answered(pool)).toBe('"sound"');
  });
});

it('WIRE-31 a closed wire ends the process that keeps running', async () => {
  const pool = await opened(`load(); receive(); require('node:fs').closeSync(3); spin();`);
  expect((await invoke(pool)).end).toMatchObject({ kind: 'died', signal: 'SIGKILL' });
  expect(await answered(pool)).toBe('"sound"');
});

describe('the memory that it costs is bounded', () => {
  it('WIRE-40 requests whose answers it does not read', async () => {
    let asked = 0;
    const generous = {
      request: () => {
        asked += 1;
        return { value: null, bytes: new Uint8Array(1024 * 1024) };
      },
    };
    const pool = await opened(
      `load(); receive(); const one = frame(Kind.request, { op: 'x', args: [] }); for (;;) raw(one);`,
    );
    const { end } = await invoke(pool, { handler: generous, timeoutMilliseconds: 2000 });
    expect(end.kind).toBe('protocol');
    expect(asked).toBeLessThan(3);
    expect(await answered(pool)).toBe('"sound"');
  });
});
