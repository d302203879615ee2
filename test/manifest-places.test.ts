/** Faults of a manifest that show only when its component is known say where they stand, like all others. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createEngine, MemoryAuditStore, type Engine } from '../packages/engine/src/index.ts';
import { buildScript } from './components/build.ts';
import { buildGuest } from './guests/build.ts';

let engine: Engine;
let component: string;
const folder = mkdtempSync(join(tmpdir(), 'skill-places-'));
beforeAll(async () => {
  component = await buildGuest('answer');
  engine = await createEngine({ home: join(folder, '.home'), audit: new MemoryAuditStore() });
});
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true });
});

const file = join(folder, 'skill.toml');

async function refusal(tools: string, path = component) {
  writeFileSync(file, `[skill]\nname = "a"\ncomponent = ${JSON.stringify(path)}\n${tools}`);
  const error = await engine.load(folder).then(
    () => undefined,
    (thrown: unknown) => thrown as { code: string; message: string; details: unknown },
  );
  const { code, message, details } = error!;
  return { code, message: message.replaceAll(`${file}:`, 'skill.toml:'), details };
}

it('a tool that the component does not have, each with its place and what may be meant', async () => {
  const { code, message, details } = await refusal(
    '[skill.tools.rum]\ntimeout = 1\n[skill.tools.other]\ntimeout = 1\n',
  );
  expect(code).toBe('MANIFEST_INVALID');
  expect(message.split('\n')).toEqual([
    'skill.toml:4:14: skill.tools.rum: found the tool "rum", which the component does not have; allowed: run; did you mean run?',
    'skill.toml:6:14: skill.tools.other: found the tool "other", which the component does not have; allowed: run',
  ]);
  expect(details).toMatchObject({ total: 2, problems: [{ line: 4 }, { line: 6 }] });
});

it.each([
  [
    '[skill.tools.run]\nparameters = [\n  { name = "a", type = "string" },\n  { name = "b", type = "string", pattern = "(" },\n]\n',
    'SCHEMA_INVALID',
    'skill.toml:7:3: skill.tools.run.parameters[1]: The parameter schema of tool "run" is not valid at #/properties/b/pattern',
  ],
  [
    '[skill.tools.run]\nparameters = [\n  { name = "a", type = "array", items = { type = "object", properties = { c = {\n    type = "string", pattern = "(?=x)" } } } },\n]\n',
    'SCHEMA_REFUSED',
    'skill.toml:6:79: skill.tools.run.parameters[0].items.properties.c: The parameter schema',
  ],
  [
    '[skill.tools.run]\nparameters = [{ name = "a", type = "string", pattern = "^x", default = "y" }]\n',
    'SCHEMA_INVALID',
    'skill.toml:5:15: skill.tools.run.parameters[0]: The parameter schema',
  ],
  [
    '[skill.tools.run]\nschema = { type = "objct" }\n',
    'SCHEMA_INVALID',
    'skill.toml:5:10: skill.tools.run.schema: The parameter schema of tool "run" is not valid at #/type',
  ],
  [
    '[skill.tools.run]\nschema = "none.json"\n',
    'SCHEMA_INVALID',
    'skill.toml:5:10: skill.tools.run.schema: The schema file',
  ],
  [
    '[skill.tools.run]\nschema = "skill.toml"\n',
    'SCHEMA_INVALID',
    'skill.toml:5:10: skill.tools.run.schema: The schema file skill.toml is not acceptable JSON',
  ],
])('%j', async (tools, expected, start) => {
  const { code, message, details } = await refusal(tools);
  expect(code).toBe(expected);
  expect(message.slice(0, start.length)).toBe(start);
  expect(details).toMatchObject({ source: { file, line: Number(start.split(':')[1]) } });
});

it.each([
  [
    'a parameter that a command does not have',
    'exit-code',
    '[skill.tools.run]\nparameters = [{ name = "arg", type = "array", items = { type = "string" } }]\n',
    [
      'skill.toml:5:15: skill.tools.run.parameters[0]: found the parameter "arg", which run of the component does not have; allowed: args, stdin, env; did you mean args?',
    ],
  ],
  [
    'a parameter that a function does not have, and one that it needs',
    'typed',
    '[skill.tools.greet]\nparameters = [\n  { name = "nam", type = "string" },\n  { name = "zzz", type = "string" },\n]\n',
    [
      'skill.toml:6:3: skill.tools.greet.parameters[0]: found the parameter "nam", which greet of the component does not have; allowed: name, title; did you mean name?',
      'skill.toml:7:3: skill.tools.greet.parameters[1]: found the parameter "zzz", which greet of the component does not have; allowed: name, title',
      'skill.toml:4:14: skill.tools.greet: found no parameter "name", which greet of the component needs; allowed: a row with name = "name"',
    ],
  ],
])('%s', async (_what, guest, tools, lines) => {
  const path =
    guest === 'typed'
      ? await buildScript(
          'greeter',
          'package demo:greeter; world guest { export greet: func(name: string, title: option<string>) -> string; }',
          'export const greet = (name) => name;',
        )
      : await buildGuest(guest);
  const { code, message } = await refusal(tools, path);
  expect(code).toBe('MANIFEST_INVALID');
  expect(message.split('\n')).toEqual(lines);
});

it('rows that narrow what is there are taken', async () => {
  const rows =
    '[skill.tools.run]\nparameters = [{ name = "stdin", type = "string", max_length = 9 }]\n';
  writeFileSync(
    file,
    `[skill]\nname = "a"\ncomponent = ${JSON.stringify(await buildGuest('exit-code'))}\n${rows}`,
  );
  await engine.load(folder);
  const result = await engine.execute('a', 'run', { stdin: 'more than nine' });
  expect(result.error?.details).toMatchObject({ parameter: 'stdin', rule: 'maxLength' });
});
