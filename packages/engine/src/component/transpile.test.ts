import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { transpileBytes } from '@bytecodealliance/jco-transpile';
import { describe, expect, it } from 'vitest';
import { surveyComponent } from './survey.ts';
import { transpileComponent as transpileMetered, type TranspileOptions } from './transpile.ts';
import { defaultTranspileLimits, runTranspiler } from './transpile-child.ts';
import { decodeTranspiled, type Transpiled } from './transpile-frame.ts';

/** The part of the WebAssembly JavaScript interface that is used here. */
declare const WebAssembly: { readonly Module: new (bytes: Uint8Array) => object };

/** What an isolate does with the result, here with components that the tests wrote. */
function instantiate(
  made: Transpiled,
  imports: object = {},
): Record<string, (...args: unknown[]) => unknown> {
  const evaluated = new Script(made.glue).runInThisContext() as (...args: unknown[]) => never;
  return evaluated(
    (name: string) => new WebAssembly.Module(made.modules.get(name) as Uint8Array),
    imports,
  );
}

/** Without the meter, so that the tests can run what comes out. */
const transpileComponent = (component: Uint8Array, options: TranspileOptions = {}) =>
  transpileMetered(component, { ...options, metered: false });

const answer = parse(`(component
  (core module $m (func (export "run") (result i32) i32.const 42))
  (core instance $i (instantiate $m))
  (func (export "run") (result u32) (canon lift (core func $i "run"))))`);

/** A component whose only core function has a name of the attacker's choice. */
const named = (name: string) =>
  parse(`(component
    (core module $m (func (export "${name}") (result i32) i32.const 42))
    (core instance $i (instantiate $m))
    (func (export "run") (result u32) (canon lift (core func $i "${name}"))))`);

function lifted(module: string, options: string): Promise<Uint8Array> {
  return parse(`(component (core module $m ${module}) (core instance $i (instantiate $m))
    (func (export "run") (result u32) (canon lift (core func $i "f") ${options})))`);
}

function importing(module: string, field: string): Promise<Uint8Array> {
  return parse(`(component
    (core module $a (func (export "f")))
    (core instance $b (instantiate $a))
    (core module $m (import "${module}" "${field}" (func)) (func (export "f") (result i32) i32.const 42))
    (core instance $i (instantiate $m (with "${module}" (instance (export "${field}" (func $b "f"))))))
    (func (export "run") (result u32) (canon lift (core func $i "f"))))`);
}

describe('transpileComponent', () => {
  it('gives a script and core modules that run', async () => {
    const made = await transpileComponent(await answer);
    expect([...made.modules.keys()]).toEqual(['component.core.wasm']);
    expect(instantiate(made)['run']?.()).toBe(42);
  });

  it('gives the same for the same component', async () => {
    expect(await transpileComponent(await answer)).toEqual(await transpileComponent(await answer));
  });

  it('meters core modules, which then need the meter to run', async () => {
    const made = await transpileMetered(await answer);
    expect(() => instantiate(made)).toThrow(/[Ii]mports? /u);
  });

  it('says what the meter refuses', async () => {
    const reserved = parse(
      `(component (core module (import "skill-engine:metering" "fuel" (global (mut i64)))))`,
    );
    const withGc = parse('(component (core module (type (struct (field i32)))))');
    await expect(transpileMetered(await reserved)).rejects.toMatchObject({
      code: 'COMPONENT_NAME_REFUSED',
    });
    await expect(transpileMetered(await withGc)).rejects.toMatchObject({
      code: 'COMPONENT_UNSUPPORTED',
    });
  });

  it('refuses what is not a valid component, and says why', async () => {
    const invalid = await parse('(component (core module (func (result i32))))');
    await expect(transpileComponent(invalid)).rejects.toMatchObject({
      code: 'TRANSPILE_FAILED',
      message: expect.stringContaining('type mismatch'),
    });
  });

  it('drops custom sections, whose text jco would write into comments', async () => {
    const docs = JSON.stringify({
      docs: '*/ globalThis.injected = true; /*',
      worlds: { root: { docs: '*/ injected /*' } },
    });
    const bytes =
      await parse(`(component (@custom "package-docs" "\\01${docs.replaceAll('"', '\\22')}")
      (core module $m (@custom "name" "injected") (func (export "run") (result i32) i32.const 42))
      (core instance $i (instantiate $m))
      (func (export "run") (result u32) (canon lift (core func $i "run"))))`);
    expect(Buffer.from(bytes).includes('injected')).toBe(true);
    const made = await transpileComponent(bytes);
    expect(made.glue).not.toContain('injected');
    expect(
      Buffer.from(made.modules.get('component.core.wasm') as Uint8Array).includes('injected'),
    ).toBe(false);
  });
});

describe('names that would become code (GEN-01)', () => {
  const payload = "x'],globalThis.injected=true,exports0['x";

  it('do so in the transpiler as it comes', async () => {
    const { files } = await transpileBytes(await named(payload), {
      instantiation: 'sync',
      name: 'component',
    });
    expect(Buffer.from(files['component.js'] as Uint8Array).toString()).toContain(
      `exports0['${payload}']`,
    );
  });

  it.each([
    ['export of a function', named(payload)],
    [
      'export of a memory',
      lifted(
        `(memory (export "${payload}") 1) (func (export "f") (result i32) i32.const 42)`,
        `(memory (core memory $i "${payload}"))`,
      ),
    ],
    ['import module', importing(payload, 'f')],
    ['import field', importing('env', payload)],
  ])('are refused by the survey, and once more after the transpiler: %s', async (_place, wat) => {
    const bytes = await wat;
    expect(() => surveyComponent(bytes)).toThrow(
      expect.objectContaining({ code: 'COMPONENT_NAME_REFUSED' }),
    );
    await expect(transpileComponent(bytes)).rejects.toMatchObject({
      code: 'TRANSPILE_FAILED',
      message: expect.stringContaining('names that were not seen before'),
    });
    expect(globalThis).not.toHaveProperty('injected');
    expect(instantiate(await transpileComponent(await answer))['run']?.()).toBe(42);
  });
});

describe('components that make jco panic (GEN-08)', () => {
  it.each([
    'unlocked-dep=<a:b@{>=1.0.0}>',
    'locked-dep=<a:b@1.0.0>',
    'url=<https://a.example/b.wasm>',
    'integrity=<sha256-YWJj>',
  ])('fail with the import %s, and the next works', async (name) => {
    const bytes = await parse(`(component (import "${name}" (component)))`);
    expect(() => surveyComponent(bytes)).toThrow(
      expect.objectContaining({ code: 'COMPONENT_NAME_REFUSED' }),
    );
    await expect(transpileComponent(bytes)).rejects.toMatchObject({ code: 'TRANSPILE_FAILED' });
    expect(instantiate(await transpileComponent(await answer))['run']?.()).toBe(42);
  });
});

describe('names that mean something in JavaScript', () => {
  const words = [
    'constructor',
    'prototype',
    'then',
    'to-string',
    'value-of',
    'has-own-property',
    'import',
    'export',
    'default',
    'await',
    'yield',
    'let',
    'static',
    'eval',
    'undefined',
    'null',
    'this',
    'function',
    'class',
    'imports',
    'exports',
    'promise',
    'object',
    'symbol',
    'error',
    'map',
    'process',
    'require',
    'global-this',
    'fetch',
    'instantiate',
    'get-core-module',
    'gen',
    'resolve',

    'memory0',
  ];

  const exporting = (word: string) =>
    parse(`(component (core module $m (func (export "${word}") (result i32) i32.const 42))
      (core instance $i (instantiate $m)) (func (export "${word}") (result u32) (canon lift (core func $i "${word}"))))`);

  it.each(words)('does no harm as an export: %s', async (word) => {
    const bytes = await exporting(word);
    surveyComponent(bytes);
    const before = Object.getOwnPropertyNames(Object.prototype);
    const exported = instantiate(await transpileComponent(bytes));
    const camel = word.replace(/-(.)/gu, (_all, letter: string) => letter.toUpperCase());
    expect(Object.hasOwn(exported, camel)).toBe(true);
    expect(exported[camel]?.()).toBe(42);
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
  });

  it.each(['arguments', 'exports0'])(
    'is refused where jco writes it unchanged: %s',
    async (word) => {
      await expect(transpileComponent(await exporting(word))).rejects.toMatchObject({
        code: 'TRANSPILE_FAILED',
        message: expect.stringContaining('may be one that jco uses itself'),
      });
    },
  );

  it('hides the core module from itself, if it is jco’s name for it: module0', async () => {
    const made = await transpileComponent(await exporting('module0'));
    expect(() => instantiate(made)).toThrow(TypeError);
  });

  it('are data as fields of a record', async () => {
    const record = '(record (field "constructor" u32) (field "to-string" u32) (field "in" u32))';
    const bytes = await parse(`(component
      (core module $m (memory (export "m") 1) (data (i32.const 8) "\\2a\\00\\00\\00\\07\\00\\00\\00\\01\\00\\00\\00")
        (func (export "f") (result i32) i32.const 8))
      (core instance $i (instantiate $m))
      (type $r ${record})
      (func $f (result $r) (canon lift (core func $i "f") (memory (core memory $i "m"))))
      (component $shim
        (type $r ${record})
        (import "import-type-r" (type $ri (eq $r)))
        (import "import-func-f" (func $fi (result $ri)))
        (export $re "r" (type $r))
        (export "f" (func $fi) (func (result $re))))
      (instance $e (instantiate $shim (with "import-type-r" (type $r)) (with "import-func-f" (func $f))))
      (export "a:b/constructor" (instance $e)))`);
    surveyComponent(bytes);
    const exported = instantiate(await transpileComponent(bytes)) as unknown as Record<
      string,
      { f: () => object }
    >;
    const value = exported['a:b/constructor']?.f();
    expect(Object.entries(value ?? {})).toEqual([
      ['constructor', 42],
      ['toString', 7],
      ['in', 1],
    ]);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });
});

describe('the limits of the process', () => {
  it('end it after its time', async () => {
    await expect(transpileComponent(await answer, { limits: { wallMs: 1 } })).rejects.toMatchObject(
      {
        code: 'TRANSPILE_LIMIT',
        details: { limit: 'wallMs', allowed: 1 },
      },
    );
  });

  it('bound what comes out', async () => {
    await expect(
      transpileComponent(await answer, { limits: { outputBytes: 1000 } }),
    ).rejects.toMatchObject({
      code: 'TRANSPILE_LIMIT',
      details: { limit: 'outputBytes' },
    });
  });

  it('bound its memory', async () => {
    await expect(
      transpileComponent(await answer, { limits: { memoryBytes: 48 * 1024 * 1024 } }),
    ).rejects.toMatchObject({
      code: expect.stringMatching(/^TRANSPILE_/u),
    });
    expect(instantiate(await transpileComponent(await answer))['run']?.()).toBe(42);
  });
});

describe('the process, were jco taken over', () => {
  /** Runs `body` in place of jco; what it returns comes back in the failure. */
  async function takenOver(body: string, limits = {}): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), 'bindgen-'));
    try {
      const bindgen = join(directory, 'bindgen.mjs');
      await writeFile(
        bindgen,
        `export const $init = Promise.resolve();
        const found = await (async () => { ${body} })().catch((error) => 'threw ' + (error.code ?? error.name));
        export function generate() { throw new Error('found ' + JSON.stringify(found)); }`,
      );
      const bytes = await runTranspiler(
        await answer,
        { ...defaultTranspileLimits, ...limits },
        { bindgen, metering: undefined },
      );
      const decoded = decodeTranspiled(bytes);
      return 'ok' in decoded ? decoded.message : 'no failure';
    } finally {
      await rm(directory, { recursive: true });
    }
  }

  it.each([
    ['sees no environment', 'return Object.keys(process.env)', 'found []'],
    ['stands in the root directory', 'return process.cwd()', 'found "/"'],
    [
      'reads no files',
      "return (await import('node:fs')).readFileSync('/etc/passwd', 'utf8')",
      'found "threw ERR_ACCESS_DENIED"',
    ],
    [
      'writes no files',
      "(await import('node:fs')).writeFileSync('/tmp/x', 'x')",
      'found "threw ERR_ACCESS_DENIED"',
    ],
    [
      'starts no processes',
      "(await import('node:child_process')).spawnSync('true')",
      'found "threw ERR_ACCESS_DENIED"',
    ],
    [
      'starts no threads',
      "new (await import('node:worker_threads')).Worker('1', { eval: true })",
      'found "threw ERR_ACCESS_DENIED"',
    ],
    [
      'loads no addons',
      "process.dlopen({ exports: {} }, '/x.node')",
      'found "threw ERR_DLOPEN_DISABLED"',
    ],
    [
      'opens no databases',
      "await import('node:sqlite')",
      'found "threw ERR_UNKNOWN_BUILTIN_MODULE"',
    ],
    ['evaluates no text', "return Function('return 1')()", 'found "threw EvalError"'],
    [
      'leads a session of its own',
      "return process.pid === Number((await import('node:fs')).readFileSync('/proc/self/stat', 'utf8'))",
      'found "threw ERR_ACCESS_DENIED"',
    ],
  ])('%s', async (_what, body, found) => {
    expect(await takenOver(body)).toBe(found);
  });

  it('ends when it does not', async () => {
    await expect(takenOver('for (;;);', { wallMs: 1500 })).rejects.toMatchObject({
      details: { limit: 'wallMs' },
    });
  });

  it('ends when it takes too much memory', async () => {
    const grow = 'const kept = []; for (;;) kept.push(new Uint8Array(16 * 1024 * 1024).fill(1));';
    await expect(takenOver(grow, { memoryBytes: 512 * 1024 * 1024 })).rejects.toMatchObject({
      code: 'TRANSPILE_LIMIT',
    });
  });

  it('ends when it answers without end', async () => {
    const write =
      "const fs = await import('node:fs'); for (;;) fs.writeSync(1, new Uint8Array(65536));";
    await expect(takenOver(write, { outputBytes: 1024 * 1024 })).rejects.toMatchObject({
      details: { limit: 'outputBytes' },
    });
  });

  it.each([
    ['nothing', 'process.exit(0)'],
    [
      'a lie about its length',
      "(await import('node:fs')).writeSync(1, Uint8Array.of(255, 255, 255, 255)); process.exit(0)",
    ],
    [
      'no JSON',
      "(await import('node:fs')).writeSync(1, Uint8Array.of(0, 0, 0, 1, 120)); process.exit(0)",
    ],
  ])('is not believed when it answers %s', async (_what, body) => {
    await expect(takenOver(body)).rejects.toThrow(/the transpiler answered|JSON/u);
  });

  it('is reported when it ends with an error', async () => {
    await expect(takenOver('process.exit(3)')).rejects.toMatchObject({ code: 'TRANSPILE_FAILED' });
  });
});
