/**
 * A worker that runs jobs of untrusted tools: `node examples/job-worker.ts [FILE] [SKILL] [NAME]`, with a name of its own for
 * each worker of a file. It runs four at a time, each in a process of its own, so no threads are needed.
 *
 * A job runs at most once, also when the worker is killed: it is taken before it runs, and the audit record, written before
 * its guest starts, says afterwards whether it did. Only what cannot have had an effect is tried again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type AuditRecord, createEngine, type ErrorCode } from '@skill-engine/engine';
import { type End, type Job, Jobs } from './jobs.ts';

const AT_ONCE = 4;
const ATTEMPTS = 3;
/** How long what runs may go on after SIGTERM; then it is cancelled. */
const GRACE_MS = Number(process.env['GRACE_MS'] ?? 10_000);
const limits = { fuel: 2_000_000_000, timeoutMs: 15_000, memoryBytes: 32 * 1024 * 1024 };

/** Refused before a guest began, for a reason that passes. */
const passing: readonly ErrorCode[] = ['RATE_LIMITED', 'CONCURRENCY_LIMIT'];

const [path = 'jobs.db', skillPath = 'examples/tools', name = 'worker-1'] = process.argv.slice(2);

using jobs = new Jobs(path);
await using engine = await createEngine();
const [skill] = await engine.load(skillPath);

/** Names the invocation in the audit record. */
const userOf = ({ id, attempt }: Job) => `${name}/job-${id}/attempt-${attempt}`;

const stopping = new AbortController();
const cancelling = new AbortController();
function stop(): void {
  stopping.abort();
  setTimeout(() => cancelling.abort(), GRACE_MS).unref();
}
process.once('SIGTERM', stop);
process.once('SIGINT', stop);

async function work(job: Job): Promise<void> {
  // Whatever is no JSON is refused and recorded like any other wrong call.
  let parameters: unknown = null;
  try {
    parameters = JSON.parse(job.parameters);
  } catch {}
  const { signal } = cancelling;
  const options = { user: userOf(job), limits, signal };
  const result = await engine.execute(skill!.name, job.tool, parameters, options);
  const { executionId } = result;
  const code = result.ok ? 'OK' : result.error.code;
  console.log(JSON.stringify({ job: job.id, attempt: job.attempt, code, executionId }));
  if (result.ok) jobs.end(job, 'done', executionId, JSON.stringify(result.value));
  else if (passing.includes(result.error.code) && job.attempt < ATTEMPTS) {
    const wait = Number(result.error.details?.['retryAfterMs'] ?? 0);
    jobs.again(job, Math.max(wait, 100 * 2 ** job.attempt));
  } else if (result.error.code === 'CANCELLED') jobs.end(job, 'unknown', executionId, code);
  else jobs.end(job, 'failed', executionId, code);
}

function stateOf(status: AuditRecord['status']): End {
  if (status === 'success') return 'done';
  const cut: AuditRecord['status'][] = ['running', 'interrupted', 'cancelled'];
  return cut.includes(status) ? 'unknown' : 'failed';
}

/** What an earlier life of this worker was at: the audit record knows. */
for (const job of jobs.leftBy(name)) {
  const { records } = await engine.audit.query({ user: userOf(job), limit: 1 });
  const [record] = records;
  if (record === undefined) jobs.again(job, 0);
  else {
    jobs.end(job, stateOf(record.status), record.execution_id, record.status);
  }
}

const running = new Set<Promise<void>>();
while (!stopping.signal.aborted) {
  const job = running.size < AT_ONCE ? jobs.take(name) : undefined;
  if (job) {
    const done = work(job).finally(() => running.delete(done));
    running.add(done);
  } else {
    const idle = sleep(100, undefined, { signal: stopping.signal }).catch(() => undefined);
    await Promise.race([idle, ...(running.size < AT_ONCE ? [] : running)]);
  }
}
await Promise.all(running);
