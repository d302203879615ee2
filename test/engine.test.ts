/** The engine as its embedders use it, rightly and wrongly. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEngine, MemoryAuditStore } from '../packages/engine/src/index.ts';
import { type Bench, expectFailure, openBench } from './escape/harness.ts';
import { buildGuest } from './guests/build.ts';
import { outcome, probe } from './guests/probe.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

describe('load', () => {
  it('takes a bare component, which then has no capability', async () => {
    const [skill] = await bench.engine.load(await buildGuest('answer'), { grant: 'declared' });
    expect(skill).toMatchObject({ name: 'answer', shape: 'native', version: '0.0.0' });
    expect(skill!.effective.filesystem.grants).toEqual([]);
    expect(skill!.tools.map(({ name }) => name)).toEqual(['run']);
  });

  it('grants nothing unless told', async () => {
    const component = await buildGuest('probe');
    const manifest = join(bench.folder, 'asking.toml');
    writeFileSync(
      manifest,
      `[skill]\nname = "asking"\ncomponent = "x"\ncapabilities = { filesystem = ["read:${bench.folder}"] }\n`,
    );
    const preopens = probe(
      'return wasi.filesystem.preopens.getDirectories().map(([, path]) => path)',
    );
    await bench.engine.load(component, { manifest });
    expect(outcome((await bench.engine.execute('asking', 'eval', preopens)).value)).toEqual({
      value: [],
    });
    await bench.engine.load(component, { manifest, grant: 'declared' });
    expect(outcome((await bench.engine.execute('asking', 'eval', preopens)).value)).toEqual({
      value: [bench.folder],
    });
    await bench.engine.load(component, { manifest, grant: { filesystem: ['read:/nowhere'] } });
    expect(outcome((await bench.engine.execute('asking', 'eval', preopens)).value)).toEqual({
      value: [],
    });
  });

  it('a ceiling bounds every grant', async () => {
    await using engine = await createEngine({
      home: join(bench.folder, '.capped'),
      audit: new MemoryAuditStore(),
      ceiling: { filesystem: ['read:/nowhere'] },
    });
    const [skill] = await engine.load(await buildGuest('probe'), {
      manifest: join(bench.folder, 'asking.toml'),
      grant: 'declared',
    });
    expect(skill!.effective.filesystem.grants).toEqual([]);
  });

  it('a skill of the same name replaces the other, whose running calls end well', async () => {
    const slow = probe(
      'wasi.clocks.monotonicClock.subscribeDuration(300000000).block(); return "old"',
    );
    await bench.install('probe', '', 'replaced');
    const running = bench.engine.execute('replaced', 'eval', slow);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await bench.install('answer', '', 'replaced');
    expect(outcome((await running).value)).toEqual({ value: 'old' });
    expect(await bench.engine.execute('replaced', 'run', {})).toMatchObject({
      ok: true,
      value: 42,
    });
  });

  it('a schema file is read once, and has to be JSON', async () => {
    const component = await buildGuest('answer');
    const manifest = join(bench.folder, 'with-schema.toml');
    writeFileSync(
      manifest,
      '[skill]\nname = "with-schema"\ncomponent = "x"\n[skill.tools.run]\nschema = "./run.schema.json"\n',
    );
    await expect(bench.engine.load(component, { manifest })).rejects.toMatchObject({
      code: 'SCHEMA_INVALID',
    });
    const digests = [];
    for (const required of [['a'], ['b']]) {
      writeFileSync(
        join(bench.folder, 'run.schema.json'),
        JSON.stringify({ type: 'object', properties: { a: {}, b: {} }, required }),
      );
      digests.push((await bench.engine.load(component, { manifest }))[0]!.digest);
    }
    expect(digests[0]).not.toBe(digests[1]);
    const { error } = await bench.engine.execute('with-schema', 'run', { a: 1 });
    expect(error?.details).toMatchObject({ parameter: 'b', rule: 'required' });
  });

  it('a manifest that describes a tool that is not there is refused', async () => {
    await expect(
      bench.install('answer', '[skills.tools.nothing]\ndescription = "?"\n', 'no-such-tool'),
    ).rejects.toMatchObject({ code: 'MANIFEST_INVALID' });
  });
});

describe('execute', () => {
  it('unknown skills and tools are failures on record', async () => {
    await expectFailure(
      bench.engine,
      await bench.engine.execute('nobody', 'x', {}),
      'SKILL_NOT_FOUND',
    );
    await bench.install('answer');
    await expectFailure(
      bench.engine,
      await bench.engine.execute('answer', 'x', {}),
      'TOOL_NOT_FOUND',
    );
  });

  it('limits of a call narrow and never widen', async () => {
    const skill = await bench.install(
      'loop-forever',
      'resources = { fuel = 100_000 }\n',
      'small-fuel',
    );
    const wide = await bench.engine.execute(skill, 'run', {}, { limits: { fuel: 10 ** 12 } });
    expect(wide.fuelUsed).toBe(100_000);
    const narrow = await bench.engine.execute(skill, 'run', {}, { limits: { fuel: 10 } });
    expect(narrow.fuelUsed).toBe(10);
    for (const limits of [{ fuel: -1 }, { fuel: 0.5 }, { fuell: 1 }]) {
      await expect(bench.engine.execute(skill, 'run', {}, { limits })).rejects.toMatchObject({
        code: 'INVALID_OPTIONS',
      });
    }
  });

  it("a tool's own timeout stands in for the skill's, and a call narrows it", async () => {
    const manifest = 'resources = { timeout = 0.2 }\n[skills.tools.eval]\ntimeout = 20\n';
    const skill = await bench.install('probe', manifest, 'slow-tool');
    const sleep = probe(
      'wasi.clocks.monotonicClock.subscribeDuration(600000000).block(); return 1',
    );
    expect(await bench.engine.execute(skill, 'eval', sleep)).toMatchObject({ ok: true });
    const result = await bench.engine.execute(skill, 'eval', sleep, { limits: { timeoutMs: 100 } });
    await expectFailure(bench.engine, result, 'TIMEOUT', 'timeout');
  });

  it('a rate that is used up is RATE_LIMITED, on record', async () => {
    const skill = await bench.install('answer', 'resources = { rate = "2/hour" }\n', 'rated');
    const results = [];
    for (let call = 0; call < 3; call += 1)
      results.push(await bench.engine.execute(skill, 'run', {}));
    expect(results.map(({ ok }) => ok)).toEqual([true, true, false]);
    await expectFailure(bench.engine, results[2]!, 'RATE_LIMITED');
  });

  it('a rate goes on over loads anew and in another engine on the same record', async () => {
    const manifest = 'resources = { rate = "1/hour" }\n';
    const skill = await bench.install('answer', manifest, 'rated-twice');
    expect(await bench.engine.execute(skill, 'run', {})).toMatchObject({ ok: true });
    await bench.install('answer', manifest, skill);
    const again = await bench.engine.execute(skill, 'run', {});
    await expectFailure(bench.engine, again, 'RATE_LIMITED');
    await using other = await createEngine({
      home: join(bench.folder, '.other'),
      audit: bench.engine.audit,
    });
    await other.load(join(bench.folder, 'skills', skill));
    const elsewhere = await other.execute(skill, 'run', {});
    await expectFailure(other, elsewhere, 'RATE_LIMITED');
  });

  it('parameters that are refused have one shape, whoever refuses them', async () => {
    const rows = 'parameters = [{ name = "a", type = "integer" }, { name = "b", type = "string" }]';
    const checked = await bench.install('answer', `[skills.tools.run]\n${rows}\n`, 'checked');
    const loud = await bench.install('error-loud');
    const refused = [
      [
        checked,
        { a: 'x', b: 1 },
        { parameter: 'a', value: 'x', rule: 'type', expected: 'integer' },
      ],
      [checked, [], { parameter: '(parameters)', rule: 'type', expected: 'object' }],
      [checked, new Map(), { parameter: '(parameters)', rule: 'json', expected: /plain objects/ }],
      [loud, {}, { parameter: '(parameters)', rule: 'tool' }],
    ] as const;
    for (const [skill, parameters, head] of refused) {
      const { error } = await bench.engine.execute(skill, 'run', parameters);
      expect(error?.code).toBe('INVALID_PARAMETERS');
      const { errors, ...first } = error!.details as { errors: unknown[] };
      expect(errors[0]).toEqual(first);
      const expected = 'expected' in head ? head.expected : undefined;
      const words = expected instanceof RegExp ? { expected: expect.stringMatching(expected) } : {};
      expect(first).toEqual({ ...head, ...words });
    }
  });

  it('the record says who asked, redacted', async () => {
    const skill = await bench.install('answer', '', 'asked');
    const { executionId } = await bench.engine.execute(
      skill,
      'run',
      { password: 'hunter2', plain: 'x' },
      { user: 'ada', caller: { agent: 'test', api_key: 'abc' } },
    );
    expect(await bench.engine.audit.get(executionId)).toMatchObject({
      user: 'ada',
      caller: { agent: 'test', api_key: '[REDACTED]' },
      parameters: { password: '[REDACTED]', plain: 'x' },
      status: 'success',
      tool_name: 'run',
    });
  });

  it('the same call costs the same fuel, every time', async () => {
    const skill = await bench.install('probe', '', 'fuel');
    const work = probe('let s = 0; for (let i = 0; i < 5000; i += 1) s += i % 7; return s');
    const used = new Set<number | null>();
    for (let call = 0; call < 4; call += 1) {
      used.add((await bench.engine.execute(skill, 'eval', work)).fuelUsed);
    }
    expect(used.size).toBe(1);
    expect([...used][0]).toBeGreaterThan(10_000);
  });

  it('wrong options are told at once, and leave no record behind', async () => {
    const skill = await bench.install('answer', '', 'options');
    const before = (await bench.engine.audit.query({ skill })).records.length;
    for (const options of [{ user: 7 }, { caller: [] }, { caller: { f: () => 1 } }]) {
      await expect(bench.engine.execute(skill, 'run', {}, options as never)).rejects.toMatchObject({
        code: 'INVALID_OPTIONS',
      });
    }
    expect((await bench.engine.audit.query({ skill })).records.length).toBe(before);
  });
});

describe('close', () => {
  it('ends what runs, records it, and refuses what comes after', async () => {
    const home = join(bench.folder, '.closing');
    const engine = await createEngine({ home });
    await engine.load(await buildGuest('sleep-forever'));
    const running = engine.execute('sleep-forever', 'run', {});
    await new Promise((resolve) => setTimeout(resolve, 50));
    await engine.close();
    await engine.close();
    const { executionId, error } = await running;
    expect(error?.code).toBe('CANCELLED');
    await expect(engine.execute('sleep-forever', 'run', {})).rejects.toMatchObject({
      code: 'ENGINE_CLOSED',
    });
    await expect(engine.load('x')).rejects.toMatchObject({ code: 'ENGINE_CLOSED' });
    await using later = await createEngine({ home });
    expect(await later.audit.get(executionId)).toMatchObject({ status: 'cancelled' });
  });

  it('state that cannot be used is told when the engine opens', async () => {
    const file = join(bench.folder, 'a-file');
    writeFileSync(file, '');
    await expect(createEngine({ home: join(file, 'home') })).rejects.toMatchObject({
      code: 'AUDIT_UNAVAILABLE',
    });
    expect(existsSync(file)).toBe(true);
  });
});

describe('budgets of the broker have codes of their own', () => {
  const write = `
    const [[directory]] = wasi.filesystem.preopens.getDirectories();
    const file = directory.openAt({}, 'big', { create: true }, { write: true });
    for (let at = 0; at < 100; at += 1) file.write(new Uint8Array(1000), at * 1000);`;
  const open = `
    const [[directory]] = wasi.filesystem.preopens.getDirectories();
    const all = []; for (;;) all.push(directory.openAt({}, '.', { directory: true }, { read: true }));`;

  it.each([
    ['DISK_LIMIT', write],
    ['HANDLE_LIMIT', open],
  ])('%s, when the tool failed because of it', async (code, attack) => {
    const skill = await bench.install(
      'probe',
      `resources = { disk = "10K" }\ncapabilities = { filesystem = ["write:${bench.folder}/skills"] }\n`,
      'spender',
    );
    const exit = `${attack.replace('for (', 'try { for (')} } catch { wasi.cli.exit.exit({ tag: 'err' }) }`;
    const result = await bench.engine.execute(skill, 'eval', probe(exit));
    await expectFailure(bench.engine, result, code);
  });
});
