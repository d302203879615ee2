/** What `skill describe` writes is what the engine reads. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine, MemoryAuditStore } from '@skill-engine/engine';
import { afterAll, expect, it } from 'vitest';
import { main } from '../../packages/cli/src/main.ts';
import { coreComponent } from '../components/echo.ts';
import { FakeShell } from './fake-shell.ts';

const folder = mkdtempSync(join(tmpdir(), 'skill-describe-'));
afterAll(() => rmSync(folder, { recursive: true }));

const wit = `package test:calc;
interface math {
  /// Adds two numbers.
  add: func(a: u32, b: u32) -> u32;
}
world guest {
  export math;
  /// Doubles — “it”.
  export double: func(a: u32) -> u32;
  export plain: func(a: u32) -> u32;
}`;
const wat = `(module
  (func (export "test:calc/math#add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "double") (param i32) (result i32) (i32.add (local.get 0) (local.get 0)))
  (func (export "plain") (param i32) (result i32) (local.get 0)))`;

async function skill(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const shell = new FakeShell({ input: '' });
  const code = await main(['describe', ...args], shell);
  return { code, out: shell.stdout.text, err: shell.stderr.text };
}

async function descriptions(path: string): Promise<Record<string, string | undefined>> {
  await using engine = await createEngine({ home: folder, audit: new MemoryAuditStore() });
  const [loaded] = await engine.load(path);
  expect(await engine.execute(loaded!.name, 'math_add', { a: 1, b: 2 })).toMatchObject({
    value: 3,
  });
  return Object.fromEntries(loaded!.tools.map(({ name, description }) => [name, description]));
}

it('tools have the comments of their functions, and others when they change', async () => {
  const path = join(folder, 'calc.wasm');
  const source = join(folder, 'calc.wit');
  writeFileSync(path, await coreComponent(wat, wit, 'guest'));
  writeFileSync(source, wit);
  expect(await skill(path, source)).toMatchObject({ code: 0, out: `${path}: 2 described\n` });
  expect(await descriptions(path)).toEqual({
    math_add: 'Adds two numbers.',
    double: 'Doubles — “it”.',
    plain: undefined,
  });
  const size = readFileSync(path).length;
  writeFileSync(source, wit.replace('Adds two numbers.', 'Sums both numbers'));
  expect(await skill(path, source)).toMatchObject({ code: 0 });
  expect(readFileSync(path).length).toBe(size);
  expect(await descriptions(path)).toMatchObject({ math_add: 'Sums both numbers' });
});

it('says what it cannot describe, and leaves it as it is', async () => {
  const module = join(folder, 'module.wasm');
  const bytes = Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  writeFileSync(module, bytes);
  const source = join(folder, 'some.wit');
  writeFileSync(source, wit);
  const none = join(folder, 'none.wit');
  writeFileSync(none, 'package a:b; interface c { d: func(); }');
  for (const [args, message] of [
    [[module, source], 'no component'],
    [[module, none], 'no function has a doc comment'],
    [[join(folder, 'absent.wasm'), source], 'cannot be read'],
    [[module, join(folder, 'absent.wit')], 'cannot be read'],
    [[module], 'a file of WIT are needed'],
  ] as const) {
    const { code, err } = await skill(...args);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(message) });
  }
  expect(readFileSync(module)).toEqual(Buffer.from(bytes));
});
