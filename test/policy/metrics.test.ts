import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { createEngine, MemoryAuditStore, toolLists } from '../../packages/engine/src/index.ts';
import { buildGuest } from '../guests/build.ts';

const home = mkdtempSync(join(tmpdir(), 'skill-metrics-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

it('count every invocation once, by tool, refused ones too; denials are no illness', async () => {
  await using engine = await createEngine({
    home,
    audit: new MemoryAuditStore(),
    hooks: [toolLists({ deny: ['answer'] })],
  });
  expect(engine.metrics()).toMatchObject({ executions: 0, successRate: null, tools: [] });
  await engine.load(await buildGuest('answer'));
  await engine.load(await buildGuest('trap'));
  await engine.execute('answer', 'run', {});
  await engine.execute('nobody', 'nothing', {});
  await engine.execute('answer', 'made-up', {});
  expect(engine.health()).toMatchObject({ status: 'healthy' });
  const tool = engine.tools().find(({ skill }) => skill === 'trap');
  const { error } = await engine.execute('trap', tool!.name, {});
  expect(error?.code).toBe('GUEST_TRAP');
  const metrics = engine.metrics();
  expect(metrics).toMatchObject({ executions: 4, failures: 4, successRate: 0 });
  expect(metrics.executions).toBe((await engine.audit.query({})).records.length);
  expect(metrics.tools.map(({ skill, errors }) => [skill, errors])).toEqual([
    ['answer', { POLICY_DENIED: 1 }],
    ['trap', { GUEST_TRAP: 1 }],
  ]);
  expect(engine.health()).toMatchObject({
    status: 'degraded',
    skills: [
      { skill: 'answer', status: 'healthy' },
      { skill: 'trap', status: 'degraded', issues: [expect.stringContaining('GUEST_TRAP 1')] },
    ],
  });
});
