/**
 * Assume that a payload runs inside an isolate, in every invocation: nothing of one may reach the next, which
 * may be another caller's.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Supervisor } from '../../packages/engine/src/broker/client.ts';
import { openScript, runScript } from './isolate-script.ts';

let supervisor: Supervisor;
beforeAll(() => {
  supervisor = new Supervisor();
});
afterAll(() => supervisor.close());

/** `visit` sees all that leads from the payload's scope, with the path that leads there. */
const walk = `
  const visit = (look) => {
    const seen = new Set();
    const queue = [];
    const add = (value, path) => {
      if ((typeof value !== 'object' || value === null) && typeof value !== 'function') return;
      if (seen.has(value)) return;
      seen.add(value);
      queue.push([value, path]);
    };
    const attempt = (path, action) => { try { add(action(), path); } catch (error) { add(error, path + ' (thrown)'); } };
    add(globalThis, 'globalThis');
    add(imports, 'imports');
    add(instantiate, 'the glue');
    attempt('this', () => function () { return this; }.call(undefined));
    const of = (name) => imports['wasi:' + name];
    const pollable = of('clocks/monotonic-clock').subscribeDuration(0n);
    add(pollable, 'a pollable');
    attempt('source', () => pollable.source);
    attempt('session', () => pollable.source.session);
    attempt('poll', () => of('io/poll').poll([pollable]));
    attempt('poll of nothing', () => of('io/poll').poll([]));
    const input = of('cli/stdin').getStdin();
    add(input, 'stdin');
    attempt('read', () => input.read(1n));
    attempt('read again', () => input.read(1n));
    const output = of('cli/stdout').getStdout();
    add(output, 'stdout');
    attempt('write', () => output.write(new Uint8Array(1e6)));
    attempt('write of nothing', () => output.write({ length: 0 }));
    attempt('random', () => of('random/random').getRandomBytes(8n));
    attempt('much random', () => of('random/random').getRandomBytes(2n ** 60n));
    attempt('environment', () => of('cli/environment').getEnvironment());
    attempt('directories', () => of('filesystem/preopens').getDirectories());
    attempt('a socket', () => of('sockets/tcp-create-socket').createTcpSocket('ipv4'));
    attempt('network', () => of('sockets/instance-network').instanceNetwork());
    attempt('fields', () => new (of('http/types').Fields)());
    attempt('request', () => new (of('http/types').OutgoingRequest)(new (of('http/types').Fields)()));
    attempt('a broken question', () => pollable.source.session.ask('fs.stat', [99]));
    attempt('too deep', () => { const deep = () => deep(); deep(); });
    attempt('a module', () => new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])));
    attempt('matches', () => 'ab'.matchAll(/a/g));
    attempt('generators', () => (function* () {})());
    attempt('async generators', () => (async function* () {})());
    attempt('promises', () => (async () => {})());
    attempt('template', () => ((strings) => strings)\`a\`);
    for (let next = queue.pop(); next; next = queue.pop()) {
      const [value, path] = next;
      look(value, path);
      try { add(Object.getPrototypeOf(value), path + '.[[Prototype]]'); } catch {}
      for (const key of Reflect.ownKeys(value)) {
        const name = path + '.' + String(key);
        const descriptor = Object.getOwnPropertyDescriptor(value, key);
        if (!descriptor) continue;
        add(descriptor.get, name + ' (get)');
        add(descriptor.set, name + ' (set)');
        if ('value' in descriptor) add(descriptor.value, name);
        else if (!ArrayBuffer.isView(value)) attempt(name, () => Reflect.get(value, key));
      }
    }
    return seen.size;
  };`;

it('BETWEEN-01 no object that an invocation can mark is seen by the next', async () => {
  const pool = await openScript(
    supervisor,
    `${walk}
     const found = [];
     let marked = 0;
     const count = visit((value, path) => {
       if (Object.hasOwn(value, 'left by another')) found.push(path);
       if (Reflect.defineProperty(value, 'left by another', { value: true, configurable: true })) marked += 1;
     });
     return JSON.stringify({ enough: count > 500 && marked > 20, found });`,
  );
  const clean = JSON.stringify({ enough: true, found: [] });
  expect((await runScript(supervisor, pool)).text).toBe(clean);
  expect((await runScript(supervisor, pool)).text).toBe(clean);
  await supervisor.closePool(pool);
});

it('BETWEEN-02 no property that an invocation can change is changed in the next', async () => {
  const pool = await openScript(
    supervisor,
    `${walk}
     const found = [];
     const spy = () => 'left by another';
     visit((value, path) => {
       if (typeof value === 'function' && Function.prototype.toString.call(value) === String(spy)) found.push(path);
       if (parameters !== 'plant' || value === spy || path.startsWith('this')) return;
       for (const key of Reflect.ownKeys(value)) {
         try { if (typeof Object.getOwnPropertyDescriptor(value, key)?.value === 'function') value[key] = spy; } catch {}
         try { Object.defineProperty(value, key, { value: spy }); } catch {}
       }
     });
     return JSON.stringify(found.slice(0, 5));`,
  );
  const planted = await runScript(supervisor, pool, 'plant');
  expect(planted.text).not.toBe('[]');
  expect((await runScript(supervisor, pool, 'look')).text).toBe('[]');
  await supervisor.closePool(pool);
});

describe('BETWEEN-03 nothing is remembered', () => {
  it.each([
    ['in a global', `globalThis.kept = value`, `globalThis.kept`],
    ['in an undeclared name', `kept = value`, `typeof kept === 'undefined' ? undefined : kept`],
    [
      'in what was matched last',
      `/secret/.test(value)`,
      `RegExp.input ?? RegExp.$_ ?? RegExp.lastMatch`,
    ],
    ['on the glue', `instantiate.kept = value`, `instantiate.kept`],
    [
      'on the prototype of the host’s streams',
      `Object.getPrototypeOf(imports['wasi:cli/stdin'].getStdin()).kept = value`,
      `Object.getPrototypeOf(imports['wasi:cli/stdin'].getStdin()).kept`,
    ],
    [
      'by an intrinsic that hears all text',
      `const parse = JSON.parse; JSON.parse = Object.assign((text) => parse(text), { kept: value })`,
      `JSON.parse.kept`,
    ],
    [
      'in the stash of a symbol',
      `Symbol.for('kept').description; Symbol.prototype.kept = value`,
      `Symbol('x').kept`,
    ],
  ])('%s', async (_, keep, recall) => {
    const pool = await openScript(
      supervisor,
      `const value = parameters;
       if (value.startsWith('secret')) { try { ${keep}; } catch {} return 'kept'; }
       try { return String(${recall}); } catch { return 'undefined'; }`,
    );
    await runScript(supervisor, pool, 'secret of the first caller');
    expect((await runScript(supervisor, pool, 'tell')).text).toBe('undefined');
    await supervisor.closePool(pool);
  });
});

describe('BETWEEN-04 what goes on after the result ends the isolate, not the next invocation', () => {
  it.each([
    ['a microtask without end', `Promise.resolve().then(() => { for (;;); })`],
    ['microtasks without end', `const again = () => Promise.resolve().then(again); again()`],
    [
      'a question',
      `Promise.resolve().then(() => imports['wasi:clocks/monotonic-clock'].subscribeDuration(0n).source.session.ask('net.wait', [[], [0]]))`,
    ],
    [
      'output',
      `Promise.resolve().then(() => imports['wasi:cli/stdout'].getStdout().blockingWriteAndFlush(new Uint8Array(1)))`,
    ],
    ['a rejection that nobody handles', `Promise.reject(new Error('x'))`],
  ])('%s', async (_, after) => {
    const pool = await openScript(
      supervisor,
      `if (parameters === 'go on') { ${after}; } return 'alive';`,
    );
    expect((await runScript(supervisor, pool, 'go on')).text).toBe('alive');
    const { result, text } = await runScript(supervisor, pool);
    expect({ kind: result.end.kind, text, stdout: result.stdout.length }).toEqual({
      kind: 'result',
      text: 'alive',
      stdout: 0,
    });
    await supervisor.closePool(pool);
  });
});

it('BETWEEN-05 a host call that overflows the stack midway answers nothing wrongly, now or later', async () => {
  const pool = await openScript(
    supervisor,
    `const session = imports['wasi:clocks/monotonic-clock'].subscribeDuration(0n).source.session;
     // As deep as it goes, then a question on each of the way back: some of them do not fit.
     let left = 2000;
     const dive = () => {
       try { dive(); } catch {}
       if (parameters !== 'dive' || (left -= 1) < 0) return;
       let answer = [];
       try { answer = session.ask('net.wait', [[], [0]]).value; } catch {}
       if (JSON.stringify(answer) !== '[]') for (;;);
     };
     dive();
     return 'alive';`,
  );
  const { end } = (await runScript(supervisor, pool, 'dive')).result;
  expect(end.kind === 'died' ? end.exitCode : end.kind).toBe(86);
  expect((await runScript(supervisor, pool)).text).toBe('alive');
  await supervisor.closePool(pool);
});

it('BETWEEN-06 bytes that lie about their length do not write frames', async () => {
  const pool = await openScript(
    supervisor,
    `const session = imports['wasi:clocks/monotonic-clock'].subscribeDuration(0n).source.session;
     const bytes = new Uint8Array(100).fill(65);
     Object.defineProperty(bytes, 'length', { value: 10 });
     Object.defineProperty(bytes, 'subarray', { value: () => bytes });
     session.write(1, bytes);
     try { session.write(1, { length: 10, subarray: () => bytes }); } catch {}
     return 'done';`,
  );
  const { result, text } = await runScript(supervisor, pool);
  expect(text).toBe('done');
  expect(Buffer.from(result.stdout).toString()).toBe('A'.repeat(100));
  await supervisor.closePool(pool);
});
