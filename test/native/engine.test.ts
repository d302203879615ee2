/** Native skills through the engine: grants, records, limits, credentials, concurrency. */
import {
  createEngine,
  MemoryAuditStore,
  MemoryCredentialStore,
  Secret,
} from '@skill-engine/engine';
import { createNativeRuntime } from '@skill-engine/native';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Place } from './native.ts';

let place: Place;
let audit: MemoryAuditStore;
beforeEach(() => {
  place = new Place();
  audit = new MemoryAuditStore();
});
afterEach(() => place.remove());

async function engineWith(manifest: string, grant: 'declared' | 'none' = 'declared') {
  place.file('skill/skill.toml', `[skill]\nname = "n"\nruntime = "native"\n${manifest}`);
  const credentials = new MemoryCredentialStore();
  await credentials.set({ skill: 'n', name: 'GIT_TOKEN' }, Secret.fromText('geheim-1234'));
  await credentials.set({ skill: 'n', name: 'api_key' }, Secret.fromText('geheim\u001b42'));
  const engine = await createEngine({
    runtimes: [createNativeRuntime({ searchPath: [place.bin, '/usr/bin', '/bin'] })],
    audit,
    credentials,
  });
  await engine.load(place.skill, { grant });
  return engine;
}

const commands = (line: string, more = '') =>
  `[skill.allowed_commands]\ncommands = ["tool"]\n${line}\n${more}`;

it('runs, and leaves a record of what ran', async () => {
  place.command('tool', 'echo "$1"; pwd');
  place.file('data/x', '');
  const files = '[skill.capabilities]\nfilesystem = ["read:../data"]';
  await using engine = await engineWith(commands('allowed_args = ["*"]', files));
  const result = await engine.execute('n', 'run', { args: ['hello'] });
  expect(result).toMatchObject({
    ok: true,
    exitCode: 0,
    value: { stdout: `hello\n${place.data}\n`, exitCode: 0 },
  });
  const { records } = await audit.query({});
  expect(records).toMatchObject([{ status: 'success', tool_name: 'run', exit_code: 0 }]);
  expect(records[0]!.component_sha256).toMatch(/^[0-9a-f]{64}$/);
});

it('a refusal is a denial with its lines, on the result and in the record', async () => {
  place.command('tool', '');
  await using engine = await engineWith(commands('allowed_args = ["a"]'));
  const result = await engine.execute('n', 'run', { args: ['b'] });
  expect(result).toMatchObject({ ok: false, error: { code: 'CAPABILITY_DENIED' } });
  expect(result.denials).toMatchObject([
    {
      code: 'COMMAND_ARGUMENT',
      allow: ['[skill.allowed_commands]', 'commands = ["tool"]', 'allowed_args = ["a", "b"]'],
    },
  ]);
  const { records } = await audit.query({});
  expect(records).toMatchObject([{ status: 'denied', denials: [{ code: 'COMMAND_ARGUMENT' }] }]);
});

it('nothing runs that was not granted', async () => {
  place.command('tool', 'echo ran');
  await using engine = await engineWith(commands(''), 'none');
  const result = await engine.execute('n', 'run', {});
  expect(result).toMatchObject({ ok: false, stdout: '', error: { code: 'CAPABILITY_DENIED' } });
});

it.each([
  [{ command: 'other' }],
  [{ cwd: '../x' }],
  [{ cwd: '/etc' }],
  [{ args: 'a' }],
  [{ args: [1] }],
  [{ shell: true }],
])('parameters %j are refused before anything is judged', async (parameters) => {
  place.command('tool', 'echo ran');
  await using engine = await engineWith(commands('allowed_args = ["*"]'));
  const result = await engine.execute('n', 'run', parameters);
  expect(result).toMatchObject({ ok: false, error: { code: 'INVALID_PARAMETERS' } });
});

it('its time is kept, and what it wrote until then is told', async () => {
  place.command('tool', 'echo begun; sleep 64.5 & sleep 64.5');
  await using engine = await engineWith(commands('', '[skill.resources]\ntimeout = 1'));
  const result = await engine.execute('n', 'run', {});
  expect(result).toMatchObject({ ok: false, stdout: 'begun\n', error: { code: 'TIMEOUT' } });
});

it('a caller cancels it', async () => {
  place.command('tool', 'sleep 64.75');
  await using engine = await engineWith(commands(''));
  const result = await engine.execute('n', 'run', {}, { signal: AbortSignal.timeout(200) });
  expect(result).toMatchObject({ ok: false, error: { code: 'CANCELLED' } });
});

it('the value of a credential that it prints is in neither result nor record', async () => {
  place.command('tool', 'printf "<%s>" "$api_key"; printf "%s" "$api_key" >&2; exit 2');
  const more = '[skill.capabilities.credentials]\napi_key = { exposure = "guest" }';
  await using engine = await engineWith(commands('', more));
  const result = await engine.execute('n', 'run', {});
  expect(result).toMatchObject({ ok: false, error: { code: 'TOOL_FAILED' }, exitCode: 2 });
  expect(result.stdout).toMatch(/^<.+>$/);
  const { records } = await audit.query({});
  expect(JSON.stringify([result, records])).not.toMatch(/geheim/);
});

it('a credential that is granted to it passes, whatever family its name is of', async () => {
  place.command('tool', 'test "$GIT_TOKEN" = geheim-1234');
  const more = '[skill.capabilities.credentials]\nGIT_TOKEN = { exposure = "guest" }';
  await using engine = await engineWith(commands('', more));
  expect(await engine.execute('n', 'run', {})).toMatchObject({ ok: true });
});

it('a skill whose command is not there is not loaded', async () => {
  await expect(engineWith(commands(''))).rejects.toMatchObject({ code: 'COMPONENT_NOT_FOUND' });
});
