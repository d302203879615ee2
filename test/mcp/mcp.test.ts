/** The MCP face with the official client: what works, and what a hostile client or skill cannot do. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Client, InMemoryTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, describe, expect, it } from 'vitest';
import { createEngine, MemoryAuditStore, toolLists, type Engine } from '@skill-engine/engine';
import { aiSdkTools, createMcpServer, SkillTools } from '@skill-engine/mcp';
import { modelNames } from '../../packages/mcp/src/names.ts';
import { buildGuest } from '../guests/build.ts';
import { probe } from '../guests/probe.ts';

const folder = mkdtempSync(join(tmpdir(), 'skill-mcp-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function open() {
  const engine = await createEngine({
    home: join(folder, 'home'),
    audit: new MemoryAuditStore(),
    hooks: [toolLists({ deny: ['text-stats/count-files'] })],
  });
  await engine.load('skills-wasm/text-stats');
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  const server = createMcpServer(engine, { user: 'operator' });
  const client = new Client({ name: 'test-client', version: '1.0.0' });
  await Promise.all([server.connect(ours as never), client.connect(theirs)]);
  return {
    engine,
    client,
    async [Symbol.asyncDispose]() {
      await client.close();
      await engine.close();
    },
  };
}

const answerOf = ({ structuredContent }: { structuredContent?: unknown }) =>
  structuredContent as {
    ok: boolean;
    value?: unknown;
    error?: { code: string };
    executionId: string;
  };

const lastRecord = async (engine: Engine) => (await engine.audit.query({ limit: 1 })).records[0];

describe('an MCP client', () => {
  it('lists and calls tools, with failures and denials as structured content', async () => {
    await using bench = await open();
    const { tools } = await bench.client.listTools();
    expect(tools.map(({ name }) => name)).toEqual([
      'text-stats__count-text',
      'text-stats__count-files',
    ]);
    const good = await bench.client.callTool({
      name: 'text-stats__count-text',
      arguments: { text: 'one two' },
    });
    expect(good.isError).toBe(false);
    expect(answerOf(good)).toMatchObject({ ok: true, value: { words: 2 } });
    expect(await lastRecord(bench.engine)).toMatchObject({
      execution_id: answerOf(good).executionId,
      user: 'operator',
      caller: { face: 'mcp', client: 'test-client 1.0.0' },
    });
    const bad = await bench.client.callTool({
      name: 'text-stats__count-text',
      arguments: { text: 1 },
    });
    expect(answerOf(bad).error).toMatchObject({ code: 'INVALID_PARAMETERS' });
    const denied = await bench.client.callTool({ name: 'text-stats__count-files', arguments: {} });
    expect(denied.isError).toBe(true);
    expect(answerOf(denied).error).toMatchObject({ code: 'POLICY_DENIED' });
  });

  it('cannot grant, accept, install, skip policy, or be somebody else', async () => {
    await using bench = await open();
    await bench.engine.load(await buildGuest('probe'));
    const preopens = probe('return wasi.filesystem.preopens.getDirectories().length');
    const more = {
      grant: 'declared',
      accept: 'I accept',
      hooks: [],
      user: 'root',
      limits: { fuel: 1e15 },
    };
    const result = await bench.client.callTool({
      name: 'probe__eval',
      arguments: { ...preopens },
      _meta: more,
      ...more,
    } as never);
    expect(answerOf(result)).toMatchObject({ ok: true });
    expect(JSON.stringify(answerOf(result).value)).toContain('0');
    expect((await lastRecord(bench.engine))?.user).toBe('operator');
    const passed = await bench.client.callTool({
      name: 'text-stats__count-files',
      arguments: {},
      ...more,
    } as never);
    expect(answerOf(passed).error?.code).toBe('POLICY_DENIED');
    for (const name of [
      'grant',
      'accept',
      'install',
      'trust',
      '__proto__',
      'text-stats',
      'constructor',
    ]) {
      const tried = await bench.client.callTool({ name, arguments: { skill: 'probe' } });
      expect(answerOf(tried)).toMatchObject({
        ok: false,
        error: { code: expect.stringContaining('NOT_FOUND') },
      });
      expect(await lastRecord(bench.engine)).toMatchObject({ status: 'failure' });
    }
    expect(bench.engine.tools().every(({ skill }) => ['probe', 'text-stats'].includes(skill))).toBe(
      true,
    );
  });
});

it('texts of a hostile skill are escaped and bounded, its tools take no other name', async () => {
  const manifest = join(folder, 'hostile.toml');
  writeFileSync(
    manifest,
    `[skill]\nname = "hostile"\ncomponent = "x"\n[skill.tools.run]\ndescription = "good \\u202e evil \\u001b]0;x\\u0007 ${'x'.repeat(3000)}"\nparameters = [{ name = "a", type = "string", description = "\\u200b\\u001b[2J" }]\n`,
  );
  await using engine = await createEngine({
    home: join(folder, 'home'),
    audit: new MemoryAuditStore(),
  });
  await engine.load(await buildGuest('answer'), { manifest });
  const [tool] = new SkillTools(engine).list();
  expect(tool!.description.length).toBeLessThan(4200);
  expect(tool!.description).toContain('good \\u{202e} evil \\u{1b}]0;x\\u{7}');
  expect(JSON.stringify(tool)).not.toMatch(/[\p{Cc}\p{Cf}]|\\u001b/u);
});

it('names are unique whatever skills call their tools', () => {
  const tools = [
    { skill: 'a', name: 'b__c' },
    { skill: 'a__b', name: 'c' },
    { skill: 'x'.repeat(60), name: 'long' },
    { skill: 'x'.repeat(60), name: 'long2' },
    { skill: 'typed', name: 'iface.call' },
  ];
  const names = [...modelNames(tools).keys()];
  expect(new Set(names).size).toBe(5);
  for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
  expect([...modelNames(tools.toReversed()).keys()].toReversed()).toEqual(names);
});

it('AI SDK tools answer with values, and with failures instead of exceptions', async () => {
  await using bench = await open();
  const tools = aiSdkTools(bench.engine, (schema) => ({ schema }));
  const count = tools['text-stats__count-text']!;
  expect(count.inputSchema).toMatchObject({ schema: { type: 'object', required: ['text'] } });
  expect(await count.execute({ text: 'a b' })).toMatchObject({ ok: true, value: { words: 2 } });
  expect(await count.execute({ text: 1 })).toMatchObject({ ok: false });
});

it('an AI SDK call ends with its signal, and the record has its id', async () => {
  await using bench = await open();
  await bench.engine.load(await buildGuest('loop-forever'));
  const tools = aiSdkTools(bench.engine, (schema) => ({ schema }), { user: 'agent' });
  const stop = new AbortController();
  const running = tools['loop-forever__run']!.execute(
    {},
    { abortSignal: stop.signal, toolCallId: 'call-1' },
  );
  stop.abort();
  expect(await running).toMatchObject({ ok: false, error: { code: 'CANCELLED' } });
  expect(await lastRecord(bench.engine)).toMatchObject({
    status: 'cancelled',
    user: 'agent',
    caller: { face: 'ai-sdk', toolCallId: 'call-1' },
  });
});

it('a model gets the beginning of what a guest prints, not all of it', async () => {
  await using bench = await open();
  await bench.engine.load(await buildGuest('print-flood'), { limits: { outputBytes: 100_000 } });
  const flood = aiSdkTools(bench.engine, (schema) => schema)['print-flood__run']!;
  const { stdout } = await flood.execute({});
  expect(stdout).toHaveLength(16_384);
});

describe('skill serve', () => {
  const start = async (args: string[]) => {
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [resolve('packages/cli/bin/skill.js'), 'serve', ...args],
      env: { SKILL_ENGINE_HOME: join(folder, 'cli'), PATH: process.env['PATH'] ?? '' },
      stderr: 'pipe',
    });
    let said = '';
    transport.stderr?.on('data', (chunk: Buffer) => (said += String(chunk)));
    const client = new Client({ name: 'test-client', version: '1.0.0' });
    return { client, connected: client.connect(transport), said: () => said };
  };

  it('speaks with the official client over standard input and output', async () => {
    const { client, connected } = await start(['skills-wasm/hash-files']);
    const outcome = await connected.then(
      () => 'connected',
      () => 'refused',
    );
    // It asks for files and nobody accepted that.
    expect(outcome).toBe('refused');
    await client.close();
    const component = await buildGuest('answer');
    const served = await start([component]);
    await served.connected;
    const { tools } = await served.client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(['answer__run']);
    expect(
      answerOf(await served.client.callTool({ name: 'answer__run', arguments: {} })),
    ).toMatchObject({ ok: true, value: 42 });
    await served.client.close();
  });

  it('offers SKILL.md folders by their own tools, but for the excluded ones', async () => {
    const skills = join(folder, 'skills');
    mkdirSync(join(skills, 'demo'), { recursive: true });
    writeFileSync(
      join(skills, 'demo/SKILL.md'),
      '---\nname: demo\ndescription: Shows.\n---\nDo it.\n',
    );
    const served = await start(['--skills', skills, '--exclude-tool', 'run_skill_script']);
    await served.connected;
    const { tools } = await served.client.listTools();
    expect(tools.map(({ name }) => name)).toEqual([
      'list_skills',
      'load_skill',
      'read_skill_resource',
    ]);
    const call = async (name: string) =>
      answerOf(await served.client.callTool({ name, arguments: { skill: 'demo' } }));
    expect(await call('load_skill')).toMatchObject({ ok: true, value: { instructions: 'Do it.' } });
    expect(await call('run_skill_script')).toMatchObject({ error: { code: 'TOOL_NOT_FOUND' } });
    await served.client.close();
  });
});
