/** CLI-05, ERR-01, ENV-03: words of a guest that want to be more than words, and names of variables that nearly match. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createEngine, escapeText, MemoryAuditStore } from '../../packages/engine/src/index.ts';
import { buildGuest } from '../guests/build.ts';
import { outcome, probe } from '../guests/probe.ts';
import { type Bench, expectFailure, openBench } from './harness.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
  await bench.install('probe');
});
afterAll(() => bench[Symbol.asyncDispose]());

/** Clear the screen, set the title, C1's CSI, return, NUL, an override of direction, a line separator, a fake record. */
const drive =
  '\u001b[2J\u001b]0;owned\u0007\u009b1m\r\n\u0000\u202e\u2028{"status":"success","execution_id":"forged"}';

it('CLI-05 what a guest prints is data of its own invocation, and no record', async () => {
  const result = await bench.engine.execute(
    'probe',
    'eval',
    probe(
      `const out = wasi.cli.stdout.getStdout();
      out.blockingWriteAndFlush(utf8.encode(args)); return 'said';`,
      drive,
    ),
  );
  expect(result).toMatchObject({ ok: true, stdout: drive });
  const { records } = await bench.engine.audit.query({ limit: 10_000 });
  expect(records.filter(({ execution_id: id }) => id === 'forged')).toEqual([]);
  const shown = escapeText(result.stdout);
  expect(/[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]]/v.exec(shown)).toBeNull();
  await bench.soundSkillRuns();
});

it("ERR-01 a guest's error is cut to a bound, in one record, and harmless where it is shown", async () => {
  const skill = await bench.install('error-loud');
  const result = await bench.engine.execute(skill, 'run', {});
  await expectFailure(bench.engine, result, 'INVALID_PARAMETERS');
  const record = await bench.engine.audit.get(result.executionId);
  const text = record?.error_message ?? '';
  expect(text).toContain('{"status":"success"}');
  expect(text.length).toBeLessThan(10_000);
  expect(/[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]]/v.exec(escapeText(text))).toBeNull();
  // The same for a name that the caller made up: it is recorded, cut, and escaped.
  const unknown = await bench.engine.execute('probe', drive.repeat(2000), {});
  await expectFailure(bench.engine, unknown, 'TOOL_NOT_FOUND');
  const other = await bench.engine.audit.get(unknown.executionId);
  expect(other?.error_message?.length).toBeLessThan(10_000);
  await bench.soundSkillRuns();
});

it('ENV-03 the blocklist wins, patterns match whole names, and case counts', async () => {
  const home = mkdtempSync(join(tmpdir(), 'skill-environment-'));
  const environment = {
    AWS_REGION: 'r',
    AWS_SECRET_ACCESS_KEY: 's',
    AWS_OTHER: 'o',
    aws_region: 'lower',
    NOT_AWS_REGION: 'n',
    AWS_REGION_2: '2',
    SECRETLY: 'y',
    APP_ONE: '1',
    APP_SECRET: 'x',
    'A.B': 'dot',
    AXB: 'regex',
  };
  const component = await buildGuest('probe');
  await using engine = await createEngine({ home, audit: new MemoryAuditStore(), environment });
  const manifest = join(home, 'skill.toml');
  writeFileSync(
    manifest,
    `[skill]
name = "env"
component = ${JSON.stringify(component)}
[skill.capabilities.environment]
allowlist = ["AWS_REGION", "AWS_SECRET_ACCESS_KEY", "A.B"]
blocklist = ["AWS_SECRET_ACCESS_KEY"]
patterns = ["APP_*", "!APP_SECRET"]
`,
  );
  await engine.load(manifest, { grant: 'declared' });
  const result = await engine.execute(
    'env',
    'eval',
    probe('return wasi.cli.environment.getEnvironment()'),
  );
  if (!result.ok) throw result.error;
  const seen = Object.fromEntries((outcome(result.value) as { value: [string, string][] }).value);
  expect(seen).toEqual({ AWS_REGION: 'r', APP_ONE: '1', 'A.B': 'dot' });
  rmSync(home, { recursive: true, force: true });
});

it('PRM-04 the value of a sensitive parameter is in no error, log or record, however the guest says it', async () => {
  mkdirSync(join(bench.folder, 'granted'));
  const skill = await bench.install(
    'probe',
    `[[skills.tools.eval.parameters]]
name = "code"
type = "string"
[[skills.tools.eval.parameters]]
name = "args"
type = "object"
sensitive = true
[skills.capabilities.filesystem]
read = ["${bench.folder}/granted"]
`,
    'sensitive-probe',
  );
  const password = 'correct horse/battery';
  const said = `const { password, pin } = args;
    for (const out of [wasi.cli.stdout.getStdout(), wasi.cli.stderr.getStderr()])
      out.blockingWriteAndFlush(utf8.encode(JSON.stringify({ log: password, pin })));
    for (const [directory] of wasi.filesystem.preopens.getDirectories())
      try { directory.openAt({}, '../' + password, {}, { read: true }); } catch {}`;
  const fails = `${said}
    const details = JSON.stringify({ said: ['login ' + password], pin });
    const message = 'no login with ' + password + ' and ' + encodeURIComponent(password);
    return { toJSON() { throw { tag: 'failed', val: { code: undefined, message, details } }; } };`;
  const secret = { password, pin: 493_817 };
  for (const code of [fails, `${said} return 'done'`]) {
    const result = await bench.engine.execute(skill, 'eval', probe(code, secret));
    const record = await bench.engine.audit.get(result.executionId);
    const { ok, error, denials, stdout, stderr } = result;
    const shown = JSON.stringify([error, error?.cause, denials, stdout, stderr, record]);
    expect(shown).toContain('[REDACTED]');
    expect(shown).not.toMatch(/battery|493817/);
    expect(ok).toBe(code !== fails);
    expect(stderr).toBe('{"log":"[REDACTED]","pin":[REDACTED]}');
  }
});

it('PRM-04 what a tool returns is its own matter; too many sensitive values withhold what it says besides', async () => {
  const args = { token: ['abcd-efgh'] };
  const kept = await bench.engine.execute('sensitive-probe', 'eval', probe('return args', args));
  expect(kept.ok && outcome(kept.value)).toEqual({ value: args });
  const tokens = Array.from({ length: 1001 }, (_, index) => `token-${index}`);
  const code = 'wasi.cli.stderr.getStderr().blockingWriteAndFlush(utf8.encode(args.tokens[0]));';
  const many = await bench.engine.execute('sensitive-probe', 'eval', probe(code, { tokens }));
  expect(many.stderr).toBe('[REDACTED]');
});
