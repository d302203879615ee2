import { SkillError } from '@skill-engine/engine';
import type { Denial, ExecutionResult } from '@skill-engine/engine';
import { expect, test } from 'vitest';
import { painter } from './colours.ts';
import {
  denialText,
  failureJson,
  failureText,
  resultJson,
  summaryText,
  valueText,
} from './report.ts';

const plain = painter(false);

const denial: Denial = {
  code: 'FILESYSTEM_NOT_GRANTED',
  resource: '/etc/pass\u001b[2Jwd',
  operation: 'read',
  rule: 'declared: no grant covers it',
  allow: ['[skills.capabilities.filesystem]', 'read = ["/etc/passwd"]'],
  count: 3,
};

const facts = {
  executionId: '0f3c5a52-7a39-4d6b-9c3f-2f1d8c0b7a11',
  fuelUsed: 1_234_567,
  memoryPeakBytes: 1_572_864,
  durationMs: 12.4,
  denials: [denial],
  credentialsUsed: [],
  interfaceCalls: [],
  stdout: 'out',
  stderr: 'err',
  exitCode: null,
  filesWritten: { paths: [], complete: true },
};

const keys = [
  'ok',
  'value',
  'executionId',
  'fuelUsed',
  'memoryPeakBytes',
  'durationMs',
  'denials',
  'stdout',
  'stderr',
];

test('--json has exactly the members of the specification, whatever happened', () => {
  const good: ExecutionResult = { ok: true, value: { a: 1 }, ...facts };
  expect(Object.keys(resultJson(good) as object)).toEqual(keys);
  const error = new SkillError('TIMEOUT', 'late', { details: { ms: 5 } });
  const bad: ExecutionResult = { ok: false, error, ...facts };
  const withError = keys.map((key) => (key === 'value' ? 'error' : key));
  expect(Object.keys(resultJson(bad) as object)).toEqual(withError);
  expect(resultJson(bad)).toMatchObject({
    error: { code: 'TIMEOUT', message: 'late', details: { ms: 5 } },
  });
  expect(Object.keys(failureJson(error) as object)).toEqual(withError);
});

test('a refused parameter is shown with its rule and what is expected', () => {
  const first = { parameter: 'environment', value: 'x', rule: 'pattern', expected: '^dev$' };
  const second = { parameter: 'replicas', rule: 'maximum', expected: 100 };
  const third = { parameter: 'path', rule: 'required', expected: true };
  const error = new SkillError('INVALID_PARAMETERS', 'Parameter validation failed', {
    details: { ...first, errors: [first, second, third] },
  });
  expect(failureText(error, plain)).toBe(
    'error INVALID_PARAMETERS: Parameter validation failed\n' +
      '  environment: pattern ^dev$, found x\n' +
      '  replicas: maximum 100\n' +
      '  path: is required\n',
  );
});

test('a denial says what the manifest needs, and cannot draw', () => {
  expect(denialText([denial], plain)).toBe(
    'denied FILESYSTEM_NOT_GRANTED: read /etc/pass\\u{1b}[2Jwd (3 times)\n' +
      '  rule: declared: no grant covers it\n' +
      '  to allow it, the manifest needs:\n' +
      '    [skills.capabilities.filesystem]\n' +
      '    read = ["/etc/passwd"]\n',
  );
  expect(denialText([{ ...denial, allow: [] }], plain)).toContain(
    'another manifest would not help',
  );
});

test('a failure cannot draw or forge lines of a terminal sequence', () => {
  const error = new SkillError('TOOL_FAILED', 'a\u001b[31m\rb\u202e');
  expect(failureText(error, plain)).toBe('error TOOL_FAILED: a\\u{1b}[31m\\u{d}b\\u{202e}\n');
});

test('the summary', () => {
  expect(summaryText({ ok: true, value: 1, ...facts }, plain)).toBe(
    'execution 0f3c5a52-7a39-4d6b-9c3f-2f1d8c0b7a11 (12 ms, 1,234,567 fuel, 1.5 MiB memory)',
  );
});

test('text stays text, for files exactly and for terminals escaped; the rest is JSON', () => {
  expect(valueText('a\u001b[31m', false)).toBe('a\u001b[31m\n');
  expect(valueText('a\u001b[31m\nb\n', true)).toBe('a\\u{1b}[31m\nb\n');
  expect(valueText({ a: ['\u009b'] }, false)).toBe('{\n  "a": [\n    "\\u009b"\n  ]\n}\n');
  expect(valueText(null, false)).toBe('null\n');
});

test("a tool's own failure is told with its code and details, a stack in lines, nothing forged", () => {
  const told = (details: Record<string, unknown>) =>
    failureText(new SkillError('TOOL_FAILED', 'no', { details }), (text) => text);
  expect(told({})).toBe('error TOOL_FAILED: no\n');
  expect(told({ toolCode: 'gone', toolDetails: { at: 1 } })).toBe(
    'error TOOL_FAILED: no\n  code: gone\n  details: {"at":1}\n',
  );
  expect(told({ toolDetails: { stack: 'at run (a:1)\nat call (a:2)\u001b[2J\n' } })).toBe(
    'error TOOL_FAILED: no\n  details: at run (a:1)\nat call (a:2)\\u{1b}[2J\n',
  );
  expect(told({ toolCode: 'a\nerror FORGED: b' })).not.toContain('\nerror FORGED');
});
