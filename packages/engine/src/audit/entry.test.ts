import { expect, test } from 'vitest';
import { sampleIntent, sampleOutcome } from './contract.ts';
import { bounds, decodeRecord, encodeIntent, encodeOutcome } from './entry.ts';

/** As stores of earlier versions have it. */
const earlier =
  '{"denials":[],"duration_ms":1.5,"error_code":null,"error_message":null,"execution_id":"a","exit_code":null,' +
  '"fuel_used":7,"host_calls":2,"memory_peak_bytes":65536,"status":"success"}';

const plain = sampleOutcome('a', {
  duration_ms: 1.5,
  exit_code: null,
  fuel_used: 7,
  host_calls: 2,
  denials: [],
  credentials_used: [],
  interface_calls: [],
});

const intent = encodeIntent(sampleIntent({ execution_id: 'a' }), {}).body;

test('lists that are empty are left out: the body is that of earlier versions, and theirs is read', () => {
  expect(encodeOutcome(plain).body).toBe(earlier);
  expect(decodeRecord(intent, earlier)).toMatchObject({
    status: 'success',
    credentials_used: [],
    interface_calls: [],
  });
  expect(decodeRecord(intent, earlier)).not.toHaveProperty('truncated');
});

test('an invocation that runs has empty lists', () => {
  expect(decodeRecord(intent, null)).toMatchObject({ credentials_used: [], interface_calls: [] });
});

test('lists end at their bounds, and the record says how many there were', () => {
  const many = <T>(count: number, item: T) => Array.from({ length: count }, () => item);
  const { body } = encodeOutcome({
    ...plain,
    credentials_used: many(bounds.credentials_used + 1, { name: 'n', host: 'h'.repeat(5000) }),
    interface_calls: many(bounds.interface_calls, { interface: 'i', function: 'f', count: 1 }),
  });
  const record = decodeRecord(intent, body);
  expect(record.truncated).toEqual({ credentials_used: bounds.credentials_used + 1 });
  expect(record.credentials_used).toHaveLength(bounds.credentials_used);
  expect(record.credentials_used[0]?.host).toContain('[5000 characters]');
  expect(record.interface_calls).toHaveLength(bounds.interface_calls);
});
