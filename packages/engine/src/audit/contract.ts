import { SkillError } from '../errors.ts';
import { newExecutionId } from './record.ts';
import type { IntentRecord, OutcomeRecord } from './record.ts';
import type { AuditStore } from './store.ts';

/** One promise of the store's interface. It throws when the store does not keep it. */
export interface ContractCase {
  /** What is promised. */
  readonly title: string;
  /** Rejects where the store does not keep it. */
  readonly run: (store: AuditStore) => Promise<void>;
}

/** An intent to test with; every field can be replaced. */
export function sampleIntent(fields: Partial<IntentRecord> = {}): IntentRecord {
  return {
    execution_id: newExecutionId(),
    timestamp: '2026-01-31T09:30:00.000Z',
    skill_name: 'text-stats',
    skill_version: '1.2.0',
    component_sha256: 'ab'.repeat(32),
    tool_name: 'count',
    parameters: { path: 'docs', api_key: '[REDACTED]' },
    parameters_digest: `hmac-sha256:${'cd'.repeat(32)}`,
    user: 'ada',
    caller: { program: 'contract' },
    effective_capabilities_hash: 'ef'.repeat(32),
    ...fields,
  };
}

/** An outcome to test with; every field can be replaced. */
export function sampleOutcome(
  executionId: string,
  fields: Partial<OutcomeRecord> = {},
): OutcomeRecord {
  return {
    execution_id: executionId,
    status: 'success',
    duration_ms: 12.5,
    exit_code: 0,
    error_code: null,
    error_message: null,
    fuel_used: 123_456,
    memory_peak_bytes: 65_536,
    denials: [{ code: 'PATH_NOT_GRANTED', resource: '/etc/passwd', rule: 'read:/data' }],
    host_calls: 7,
    credentials_used: [{ name: 'api_token', host: 'api.example.com' }],
    interface_calls: [{ interface: 'app:db/query@1.0.0', function: 'find', count: 3 }],
    ...fields,
  };
}

/** What every audit store keeps, whatever it stores into. Each case gets a store of its own, empty. */
export const auditStoreContract: readonly ContractCase[] = [
  {
    title: 'gives back every field of intent and outcome',
    async run(store) {
      const intent = sampleIntent();
      const outcome = sampleOutcome(intent.execution_id);
      await store.begin(intent);
      await store.finish(outcome);
      equal(await store.get(intent.execution_id), { ...intent, ...outcome });
    },
  },
  {
    title: 'gives back empty lists, and a credential that went to the guest itself',
    async run(store) {
      const intent = sampleIntent();
      const credentials_used = [{ name: 'signing_key', host: null }];
      const outcome = { denials: [], credentials_used, interface_calls: [] };
      await store.begin(intent);
      await store.finish(sampleOutcome(intent.execution_id, outcome));
      const { denials, interface_calls, ...record } = (await store.get(intent.execution_id))!;
      equal({ denials, credentials_used: record.credentials_used, interface_calls }, outcome);
    },
  },
  {
    title: 'shows an intent without outcome as running',
    async run(store) {
      const intent = sampleIntent();
      await store.begin(intent);
      const record = await store.get(intent.execution_id);
      equal([record?.status, record?.duration_ms, record?.denials], ['running', null, []]);
      equal((await store.query({ status: 'running' })).records.length, 1);
      await store.finish(sampleOutcome(intent.execution_id));
      equal((await store.query({ status: 'running' })).records.length, 0);
    },
  },
  {
    title: 'takes effect in call order, so both halves may be written at once',
    async run(store) {
      const intent = sampleIntent();
      const refused = sampleOutcome(intent.execution_id, {
        status: 'denied',
        error_code: 'CAPABILITY_DENIED',
      });
      await Promise.all([store.begin(intent), store.finish(refused)]);
      equal((await store.get(intent.execution_id))?.status, 'denied');
    },
  },
  {
    title: 'lists newest first and continues at the cursor',
    async run(store) {
      const ids = await fill(store, 7);
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await store.query(cursor === undefined ? { limit: 3 } : { limit: 3, cursor });
        seen.push(...page.records.map((record) => record.execution_id));
        cursor = page.cursor;
      } while (cursor !== undefined);
      equal(seen, ids.toReversed());
    },
  },
  {
    title: 'gives no cursor when the page holds exactly the last record',
    async run(store) {
      await fill(store, 3);
      equal((await store.query({ limit: 3 })).cursor, undefined);
      equal((await store.query()).records.length, 3);
    },
  },
  {
    title: 'selects by skill, tool, status and user, exactly and together',
    async run(store) {
      const one = sampleIntent({ skill_name: 'a', tool_name: 't', user: 'u' });
      const two = sampleIntent({ skill_name: 'A', tool_name: 't', user: null });
      const three = sampleIntent({ skill_name: 'a%', tool_name: 't2', user: 'u' });
      for (const intent of [one, two, three]) await store.begin(intent);
      await store.finish(sampleOutcome(one.execution_id, { status: 'failure' }));
      equal(await idsOf(store, { skill: 'a' }), [one.execution_id]);
      equal(await idsOf(store, { tool: 't' }), [two.execution_id, one.execution_id]);
      equal(await idsOf(store, { user: 'u' }), [three.execution_id, one.execution_id]);
      equal(await idsOf(store, { status: 'failure' }), [one.execution_id]);
      equal(await idsOf(store, { status: 'failure', user: 'nobody' }), []);
    },
  },
  {
    title: 'selects by time, since inclusive and until exclusive',
    async run(store) {
      const [a, b, c] = ['2026-01-01', '2026-01-02', '2026-01-03'].map((day) =>
        sampleIntent({ timestamp: `${day}T00:00:00.000Z` }),
      ) as [IntentRecord, IntentRecord, IntentRecord];
      for (const intent of [a, b, c]) await store.begin(intent);
      equal(await idsOf(store, { since: b.timestamp }), [c.execution_id, b.execution_id]);
      equal(await idsOf(store, { until: new Date(b.timestamp) }), [a.execution_id]);
      equal(await idsOf(store, { since: '2026-01-02', until: '2026-01-03' }), [b.execution_id]);
    },
  },
  {
    title: 'refuses bad filters',
    async run(store) {
      const bad = [
        { limit: 0 },
        { limit: 1.5 },
        { limit: 10_001 },
        { since: 'yesterday' },
        { cursor: '1; DROP' },
      ];
      for (const filter of bad) await fails('INVALID_OPTIONS', store.query(filter));
      await fails('INVALID_OPTIONS', store.query({ status: 'won' as 'success' }));
    },
  },
  {
    title: 'finds one execution by a prefix that only it has, names the candidates otherwise',
    async run(store) {
      for (const id of ['abc-1', 'abc-2', 'abd', 'abc-10'])
        await store.begin(sampleIntent({ execution_id: id }));
      equal((await store.get('abd'))?.execution_id, 'abd');
      equal((await store.get('abc-2'))?.execution_id, 'abc-2');
      equal((await store.get('abc-1'))?.execution_id, 'abc-1');
      equal(await store.get('%'), undefined);
      equal(await store.get("' OR 1=1 --"), undefined);
      await fails('INVALID_OPTIONS', store.get('abc'));
      await fails('INVALID_OPTIONS', store.get(''));
    },
  },
  {
    title: 'refuses a repeated intent, a repeated outcome, and an outcome without intent',
    async run(store) {
      const intent = sampleIntent();
      await store.begin(intent);
      await fails('INTERNAL', store.begin(intent));
      await store.finish(sampleOutcome(intent.execution_id));
      await fails(
        'INTERNAL',
        store.finish(sampleOutcome(intent.execution_id, { status: 'failure' })),
      );
      await fails('INTERNAL', store.finish(sampleOutcome('never-begun')));
      equal((await store.get(intent.execution_id))?.status, 'success');
      equal((await store.query()).records.length, 1);
    },
  },
  {
    title: 'one refused record does not harm those written beside it',
    async run(store) {
      const good = [sampleIntent(), sampleIntent()] as const;
      const results = await Promise.allSettled([
        store.begin(good[0]),
        store.begin(good[0]),
        store.finish(sampleOutcome('never-begun')),
        store.begin(good[1]),
      ]);
      equal(
        results.map((result) => result.status),
        ['fulfilled', 'rejected', 'rejected', 'fulfilled'],
      );
      equal((await store.query()).records.length, 2);
    },
  },
  {
    title: 'refuses malformed records',
    async run(store) {
      await fails('INTERNAL', store.begin(sampleIntent({ execution_id: 'a\nb' })));
      await fails('INTERNAL', store.begin(sampleIntent({ execution_id: 'x'.repeat(65) })));
      await fails('INTERNAL', store.begin(sampleIntent({ timestamp: '2026-01-31' })));
      await fails('INTERNAL', store.begin(sampleIntent({ parameters: { n: Number.NaN } })));
      await fails('INTERNAL', store.finish(sampleOutcome('a', { status: 'running' as 'success' })));
      equal((await store.query()).records.length, 0);
    },
  },
  {
    title: 'keeps hostile text as data: one record for each execution, every character back',
    async run(store) {
      const text = `\r\n{"status":"success"}\u0000\u001b]0;owned\u0007\u2028\u202e\ud800"'--`;
      const intent = sampleIntent({
        skill_name: text,
        user: text,
        parameters: { [text]: text },
        caller: { text },
      });
      await store.begin(intent);
      await store.finish(
        sampleOutcome(intent.execution_id, { status: 'failure', error_message: text }),
      );
      const { records } = await store.query();
      equal(records.length, 1);
      equal(records[0]?.parameters, { [text]: text });
      equal([records[0]?.user, records[0]?.error_message], [text, text]);
    },
  },
  {
    title: 'keeps __proto__ as an own key',
    async run(store) {
      const parameters = JSON.parse(
        '{"__proto__":{"polluted":true},"constructor":1}',
      ) as IntentRecord['parameters'];
      const intent = sampleIntent({ parameters });
      await store.begin(intent);
      const record = await store.get(intent.execution_id);
      equal(JSON.stringify(record?.parameters), '{"__proto__":{"polluted":true},"constructor":1}');
      equal(({} as { polluted?: boolean }).polluted, undefined);
    },
  },
  {
    title: 'bounds what one record can hold',
    async run(store) {
      const long = 'x'.repeat(5_000_000);
      const intent = sampleIntent({ parameters: { long }, caller: { long }, tool_name: long });
      await store.begin(intent);
      const denials = Array.from({ length: 5000 }, () => ({
        code: long,
        resource: long,
        rule: long,
      }));
      const credentials_used = denials.map(() => ({ name: long, host: long }));
      const interface_calls = denials.map(() => ({ interface: long, function: long, count: 1 }));
      await store.finish(
        sampleOutcome(intent.execution_id, {
          error_message: long,
          denials,
          credentials_used,
          interface_calls,
        }),
      );
      const record = await store.get(intent.execution_id);
      const size = JSON.stringify(record).length;
      if (size > 3_000_000) throw new Error(`the record has ${size} characters`);
      equal(record?.parameters, '[TRUNCATED: 5000011 characters of JSON]');
      equal(record?.truncated, { denials: 5000, credentials_used: 5000, interface_calls: 5000 });
    },
  },
  {
    title: 'takes what the record holds at the call, not later',
    async run(store) {
      const parameters = { path: 'before' };
      const intent = sampleIntent({ parameters });
      const written = store.begin(intent);
      parameters.path = 'after';
      await written;
      equal((await store.get(intent.execution_id))?.parameters, { path: 'before' });
    },
  },
  {
    title: 'digests equal parameters alike, in any key order, under a key of its own',
    async run(store) {
      equal(store.digest({ a: 1, b: [2] }), store.digest({ b: [2], a: 1 }));
      if (store.digest({ a: 1 }) === store.digest({ a: 2 }))
        throw new Error('different data, one digest');
      if (!/^hmac-sha256:[0-9a-f]{64}$/.test(store.digest(null)))
        throw new Error(store.digest(null));
    },
  },
  {
    title: 'writes what was asked for before it closes, then refuses',
    async run(store) {
      const intent = sampleIntent();
      const written = store.begin(intent);
      const closing = store.close();
      await written;
      await closing;
      await store.close();
      await fails('ENGINE_CLOSED', store.begin(sampleIntent()));
      await fails('ENGINE_CLOSED', store.finish(sampleOutcome(intent.execution_id)));
      await fails('ENGINE_CLOSED', store.query());
      await fails('ENGINE_CLOSED', store.get(intent.execution_id));
    },
  },
];

async function fill(store: AuditStore, count: number): Promise<string[]> {
  const intents = Array.from({ length: count }, () => sampleIntent());
  await Promise.all(intents.map((intent) => store.begin(intent)));
  return intents.map((intent) => intent.execution_id);
}

async function idsOf(
  store: AuditStore,
  filter: Parameters<AuditStore['query']>[0],
): Promise<string[]> {
  return (await store.query(filter)).records.map((record) => record.execution_id);
}

async function fails(code: string, promise: Promise<unknown>): Promise<void> {
  const thrown: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  equal(thrown instanceof SkillError ? thrown.code : thrown, code);
}

/** Deep equality of JSON-like data, without a test framework's help. */
function equal(found: unknown, wanted: unknown): void {
  const [left, right] = [comparable(found), comparable(wanted)];
  if (left !== right) throw new Error(`found ${left}\nwanted ${right}`);
}

function comparable(value: unknown): string {
  const sorted = (_key: string, part: unknown): unknown =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part;
  return JSON.stringify(value, sorted) ?? 'undefined';
}
