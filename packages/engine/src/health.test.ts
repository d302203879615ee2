import { expect, it } from 'vitest';
import { addUp, type StatsRow } from './audit/stats.ts';
import { auditHealth } from './health.ts';

const call = (error: string | null, fields: Partial<StatsRow> = {}): StatsRow => ({
  skill: 'a',
  tool: 'run',
  status: error === null ? 'success' : 'failure',
  at: 0,
  duration: 1,
  fuel: null,
  denials: 0,
  error,
  ...fields,
});

const times = (count: number, row: StatsRow) => Array.from({ length: count }, () => row);

it('is degraded from as many failures as successes on', () => {
  const rows = [...times(5, call(null)), ...times(4, call('TIMEOUT'))];
  expect(auditHealth(addUp(rows))).toEqual({
    status: 'healthy',
    skills: [{ skill: 'a', status: 'healthy', executions: 9, failures: 4, issues: [] }],
  });
  const more = auditHealth(addUp([...rows, call('GUEST_TRAP')]));
  expect(more.status).toBe('degraded');
  expect(more.skills[0]!.issues).toEqual(['run failed 5 of 10 times: TIMEOUT 4, GUEST_TRAP 1']);
});

it('one tool that fails is told of a skill whose others work', () => {
  const rows = [...times(9, call(null)), call('GUEST_TRAP', { tool: 'other' })];
  expect(auditHealth(addUp(rows)).skills[0]!.issues).toEqual([
    'other failed 1 of 1 times: GUEST_TRAP 1',
  ]);
});

it.each([
  'INVALID_PARAMETERS',
  'POLICY_DENIED',
  'RATE_LIMITED',
  'CONCURRENCY_LIMIT',
  'CANCELLED',
  'SKILL_NOT_FOUND',
  'TOOL_NOT_FOUND',
  'SKILL_QUARANTINED',
  'TRUST_TOO_LOW',
  'SIGNATURE_REQUIRED',
])('%s says nothing about a skill', (code) => {
  expect(auditHealth(addUp([...times(9, call(code)), call(null)])).status).toBe('healthy');
});

it('tools that the engine answers itself are no skill', () => {
  const row = call('RESOURCE_REFUSED', { skill: 'engine.skills', tool: 'read_skill_resource' });
  expect(auditHealth(addUp([row]))).toEqual({ status: 'healthy', skills: [] });
});

it('what runs, ended with its process, or never came to a tool does not count', () => {
  const rows = [
    call(null, { status: null, duration: null }),
    call(null, { status: 'interrupted', duration: null }),
    call('CAPABILITY_DENIED', { tool: '' }),
  ];
  expect(auditHealth(addUp(rows)).skills).toEqual([
    { skill: 'a', status: 'healthy', executions: 0, failures: 0, issues: [] },
  ]);
  const [skill] = auditHealth(addUp([...rows, call('TIMEOUT')])).skills;
  expect(skill).toMatchObject({ status: 'degraded', executions: 1, failures: 1 });
});
