import { expect, test } from 'vitest';
import { MemoryAuditStore } from '../audit/memory.ts';
import { noCapabilities } from '../authority/effective.ts';
import { SkillError } from '../errors.ts';
import { recordRefused } from './refused.ts';

test('a refused call leaves one record, without its parameters', async () => {
  await using audit = new MemoryAuditStore();
  const error = new SkillError('CAPABILITY_DENIED', 'not accepted');
  const result = await recordRefused(audit, {
    package: {
      name: 'demo',
      version: '1.0.0',
      declared: noCapabilities,
      places: { baseDir: '/' },
      sha256: 'a'.repeat(64),
      digest: 'b'.repeat(64),
      authority: 'c'.repeat(64),
      needsConsent: true,
    },
    tool: 'deploy',
    parameters: { plain: 'hunter2' },
    user: 'ada',
    caller: { program: 'test' },
    error,
  });
  const { records } = await audit.query();
  expect(records).toHaveLength(1);
  expect(records[0]).toMatchObject({
    execution_id: result.executionId,
    skill_name: 'demo',
    tool_name: 'deploy',
    status: 'denied',
    error_code: 'CAPABILITY_DENIED',
    user: 'ada',
  });
  expect(JSON.stringify(records)).not.toContain('hunter2');
  expect(result).toMatchObject({ ok: false, error });
});
