/** A skill that asks the embedding program, with functions of the test in its place. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testSkill } from '@skill-engine/testing';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { main } from '../../packages/cli/src/main.ts';
import { FakeShell } from '../cli/fake-shell.ts';
import { coreComponent } from '../components/echo.ts';

const folder = mkdtempSync(join(tmpdir(), 'skill-interfaces-'));
const wit = 'package app:stock@1.0.0; interface levels { left: func(item: u32) -> u32; }';

beforeAll(async () => {
  const world = `package test:asks;
world guest { import app:stock/levels@1.0.0; export left: func(item: u32) -> u32; }
package app:stock@1.0.0 { interface levels { left: func(item: u32) -> u32; } }`;
  const wat = `(module
    (import "app:stock/levels@1.0.0" "left" (func $left (param i32) (result i32)))
    (func (export "left") (param i32) (result i32) (call $left (local.get 0))))`;
  writeFileSync(join(folder, 'asks.wasm'), await coreComponent(wat, world, 'guest'));
  const manifest = `[skill]
name = "asks"
component = "./asks.wasm"
[skill.capabilities]
interfaces = ["app:stock/levels@1.0.0"]
`;
  writeFileSync(join(folder, 'skill.toml'), manifest);
});
afterAll(() => rmSync(folder, { recursive: true }));

it('calls the functions that the test gives, and the record has them', async () => {
  const asked: number[] = [];
  const left = (item: number) => asked.push(item) + 40;
  const interfaces = { 'app:stock/levels@1.0.0': { wit, implementation: { left } } };
  await using skill = await testSkill(folder, { interfaces });
  expect(await skill.run('left', { item: 7 })).toMatchObject({
    ok: true,
    value: 41,
    audit: { interface_calls: [{ function: 'left', count: 1 }] },
  });
  expect(asked).toEqual([7]);
});

it('without them, the skill does not load', async () => {
  await expect(testSkill(folder)).rejects.toMatchObject({ code: 'COMPONENT_IMPORT_UNKNOWN' });
});

it('skill inspect looks at it all the same', async () => {
  vi.stubEnv('SKILL_ENGINE_HOME', join(folder, 'home'));
  const shell = new FakeShell({ input: '' });
  expect(await main(['inspect', join(folder, 'skill.toml')], shell)).toBe(0);
  expect(shell.stdout.text).toMatch(/call +app:stock\/levels@1\.0\.0[^]*tool left/u);
  vi.unstubAllEnvs();
});
