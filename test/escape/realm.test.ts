/** Assume that a payload runs inside an isolate: every road out of the realm must lead nowhere. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mkdtempSync, existsSync, writeFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Supervisor } from '../../packages/engine/src/broker/client.ts';
import { openScript, runInPool, runScript, scriptPool } from './isolate-script.ts';

let supervisor: Supervisor;
let folder: string;

beforeAll(() => {
  supervisor = new Supervisor();
  folder = mkdtempSync(join(tmpdir(), 'skill-realm-'));
  writeFileSync(join(folder, 'secret.txt'), 'SECRET-CONTENT');
});

afterAll(async () => {
  await supervisor.close();
  rmSync(folder, { recursive: true });
});

/** Each body returns a string; one that begins with `escaped` means that the attack worked. */
const roads: Record<string, string> = {
  'process by name': `return typeof process === 'undefined' ? 'shut' : 'escaped';`,
  'require by name': `return typeof require === 'undefined' && typeof module === 'undefined' ? 'shut' : 'escaped';`,
  'ambient globals': `
    const open = ['process','Buffer','fetch','WebSocket','EventSource','MessageChannel','BroadcastChannel','Worker',
      'setTimeout','setInterval','setImmediate','queueMicrotask','performance','navigator','crypto','Crypto',
      'structuredClone','URL','Blob','Request','Response','Headers','FormData','AbortController','EventTarget',
      'SharedArrayBuffer','Atomics','WeakRef','FinalizationRegistry','global','localStorage','sessionStorage',
      'Storage','gc','Intl','escape','unescape','eval','ShadowRealm','require','module','exports',
      '__filename','__dirname','CompressionStream','ReadableStream','DOMException']
      .filter((name) => { try { return typeof globalThis[name] !== 'undefined'; } catch { return true; } });
    return open.length ? 'escaped: ' + open : 'shut';`,
  'symbols on the global object': `
    const keys = Reflect.ownKeys(globalThis).filter((key) => typeof key === 'symbol' && key !== Symbol.toStringTag);
    return keys.length ? 'escaped: ' + keys.map(String) : 'shut';`,
  eval: `try { return 'escaped ' + (0, eval)('1+1'); } catch { return 'shut'; }`,
  'Function constructor': `try { return 'escaped ' + new Function('return 1')(); } catch { return 'shut'; }`,
  'all function constructors': `
    for (const f of [function(){}, async function(){}, function*(){}, async function*(){}]) {
      try { Reflect.construct(f.constructor, ['return 1']); return 'escaped ' + f.constructor.name; } catch {}
    }
    return 'shut';`,
  "a host function's constructor": `
    for (const f of [imports['wasi:cli/exit'].exit, imports['wasi:io/poll'].poll, console.log, TextEncoder, TextDecoder.prototype.decode]) {
      try { f.constructor('return process')(); return 'escaped'; } catch {}
      try { f.constructor.constructor('return globalThis.process')(); return 'escaped'; } catch {}
    }
    return 'shut';`,
  'call sites': `
    let seen = 'shut';
    try {
      Error.prepareStackTrace = (_, sites) => { seen = sites; return sites; };
      const sites = new Error().stack;
      if (Array.isArray(sites)) for (const s of sites) { if (s.getThis?.() || s.getFunction?.()) return 'escaped'; }
    } catch {}
    try { const o = {}; Error.captureStackTrace?.(o); if (Array.isArray(o.stack)) return 'escaped'; } catch {}
    return Array.isArray(seen) ? 'escaped' : 'shut';`,
  'call sites through a host call': `
    try { Object.defineProperty(Error, 'prepareStackTrace', { value: (_, s) => s }); } catch {}
    try { imports['wasi:io/poll'].poll([]); } catch (e) { if (Array.isArray(e.stack)) return 'escaped'; }
    return 'shut';`,
  'caller and arguments': `
    // Every function of this script says so in its source; a caller that does not is the host's.
    function mine() { /* of the script */ try { return mine.caller; } catch { return null; } }
    function walk(from) { /* of the script */
      for (let up = from; up; ) {
        if (!String(up).includes('of the script')) return 'escaped';
        try { up = up.caller; } catch { up = null; }
      }
      return 'shut';
    }
    function through() { /* of the script */ return mine(); }
    return walk(through()) === 'shut' && [1].map(through).every((up) => walk(up) === 'shut') ? 'shut' : 'escaped';`,
  'host session from a pollable': `
    const p = imports['wasi:clocks/monotonic-clock'].subscribeDuration(0n);
    const session = p.source?.session;
    if (!session) return 'shut';
    for (const key of Reflect.ownKeys(session)) return 'escaped: own ' + String(key);
    const names = Reflect.ownKeys(Object.getPrototypeOf(session)).map(String);
    return names.some((n) => /power|fs|require|process/i.test(n)) ? 'escaped' : 'shut';`,
  'redefining removed globals': `
    try { const d = Object.getOwnPropertyDescriptor(globalThis, 'process'); if (d) return 'escaped'; } catch {}
    return 'process' in globalThis ? 'escaped' : 'shut';`,
  'WebAssembly streaming': `
    try { WebAssembly.compileStreaming?.({}); } catch {}
    return 'shut';`,
  'clock behind the session': `return typeof Date === 'undefined' && Math.random === undefined ? 'shut' : 'escaped';`,
};

describe('a payload inside the isolate', () => {
  for (const [road, body] of Object.entries(roads)) {
    it(`finds no way out: ${road}`, async () => {
      const pool = await openScript(supervisor, body);
      const { text, result } = await runScript(supervisor, pool);
      expect(result.end.kind).toBe('result');
      expect(text).toBe('shut');
      await supervisor.closePool(pool);
    });
  }

  it.each([
    ['what speaks after the result ends the isolate', 'Promise.resolve()', 2],
    ['so a dynamic import would, if it worked', "import('node:fs')", 1],
    ['of any kind', "import('data:text/javascript,1')", 1],
  ])('finds no way out by dynamic import: %s', async (_, promise, isolates) => {
    let started = 0;
    const pool = scriptPool(
      `if (parameters === 'import') ${promise}.then(() => { for (;;); }, () => {}); return 'alive';`,
      () => {
        started += 1;
      },
    );
    await pool.open();
    for (const parameters of ['import', '', '']) await runInPool(pool, parameters);
    expect(started).toBe(isolates);
    await pool.close();
  });

  it('cannot forge an unknown operation: the isolate ends, the next call works', async () => {
    const pool = await openScript(
      supervisor,
      `if (parameters === 'bad') { imports['wasi:clocks/monotonic-clock'].subscribeDuration(0n).source.session.ask('shell.run', ['id']); }
       return 'alive';`,
    );
    const { result } = await runScript(supervisor, pool, 'bad');
    expect(result.end.kind).toBe('protocol');
    expect((await runScript(supervisor, pool)).text).toBe('alive');
    await supervisor.closePool(pool);
  });

  it('cannot exceed the output budget by sending frames of its own', async () => {
    const pool = await openScript(
      supervisor,
      `if (parameters === '') return 'alive';
       const out = imports['wasi:cli/stdout'].getStdout();
       const big = new Uint8Array(65536);
       for (;;) { try { out.checkWrite(); out.write(big); } catch {} }`,
    );
    const { result } = await runScript(supervisor, pool, 'flood', 3000);
    expect(result.end).toEqual({ kind: 'stopped', reason: 'timeout' });
    expect(result.stdout.length).toBe(1024 * 1024);
    expect((await runScript(supervisor, pool)).text).toBe('alive');
    await supervisor.closePool(pool);
  });

  it('a payload that spins is killed and the next call works', async () => {
    const pool = await openScript(supervisor, `if (parameters === '') return 'alive'; for (;;);`);
    const { result } = await runScript(supervisor, pool, 'spin', 300);
    expect(result.end).toEqual({ kind: 'stopped', reason: 'timeout' });
    expect((await runScript(supervisor, pool)).text).toBe('alive');
    await supervisor.closePool(pool);
  });

  it('a payload that eats the heap ends its own isolate only', async () => {
    const pool = await openScript(
      supervisor,
      `if (parameters === '') return 'alive'; const all = []; for (;;) all.push(new Array(1e6).fill({}));`,
    );
    const { result } = await runScript(supervisor, pool, 'eat', 30_000);
    expect(result.end.kind).toBe('died');
    expect((await runScript(supervisor, pool)).text).toBe('alive');
    expect(existsSync(join(folder, 'secret.txt'))).toBe(true);
    await supervisor.closePool(pool);
  });
});
