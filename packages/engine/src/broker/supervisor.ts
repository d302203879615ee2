/**
 * The supervisor: a thread of the embedder that owns the isolates, their time limits and all powers.
 * The embedder's event loop neither waits for a guest nor delays a guest's limits.
 */
import { parentPort } from 'node:worker_threads';
import { launch } from '../isolate/launch.ts';
import { IsolatePool, PoolFull, type JobHandle } from '../isolate/pool.ts';
import { IsolateGone, type End, type StartIsolate } from '../isolate/process.ts';
import { startThread } from '../isolate/thread.ts';
import { Broker, type CallHost } from './broker.ts';
import { redactRun } from './redact-run.ts';
import type { FromSupervisor, PoolSpec, RunSpec, ToSupervisor } from './messages.ts';

const port = parentPort!;
const pools = new Map<number, IsolatePool>();
const jobs = new Map<number, JobHandle>();
const nothing = new Uint8Array(0);

function answer(message: FromSupervisor): void {
  port.postMessage(message);
}

function starter({ isolation }: PoolSpec): StartIsolate {
  if (isolation.level === 'thread') return startThread;
  return (memoryBytes) => launch(memoryBytes, isolation.layers);
}

async function open(id: number, pool: IsolatePool): Promise<void> {
  pools.set(id, pool);
  try {
    await pool.open();
    answer({ id, done: true });
  } catch (error) {
    pools.delete(id);
    await pool.close();
    answer({ id, failed: error instanceof IsolateGone ? error.end : failure(error) });
  }
}

/** Questions to the embedder's thread that have no answer yet. */
const questions = new Map<number, (bytes: Uint8Array) => void>();
let nextCall = 1;

function callsOf(id: number): CallHost {
  return (name, fn, bytes) =>
    new Promise((resolve) => {
      const call = nextCall++;
      questions.set(call, resolve);
      answer({ id, call, request: { interface: name, function: fn, bytes } });
    });
}

async function run(id: number, poolId: number, spec: RunSpec): Promise<void> {
  let broker: Broker | undefined;
  try {
    broker = new Broker(spec.broker, callsOf(id));
    const pool = pools.get(poolId);
    if (!pool) {
      const end = { kind: 'stopped', reason: 'closed' } as const;
      answer({ id, result: { end, stdout: nothing, stderr: nothing, denials: [] } });
      return;
    }
    const handle = pool.run({
      timeoutMilliseconds: spec.timeoutMilliseconds,
      invocation: {
        message: { ...spec.message, preopens: broker.preopens },
        blob: spec.blob,
        outputLimit: spec.message.limits.output,
        handler: broker,
      },
    });
    jobs.set(id, handle);
    const finished = await handle.finished;
    const { denials, filesWritten, spent } = broker;
    const result = { ...finished, denials, filesWritten, spent };
    const { credentials } = broker;
    answer({
      id,
      result: credentials
        ? redactRun({ ...result, credentialsUsed: credentials.used }, credentials.all)
        : result,
    });
  } catch (error) {
    if (!(error instanceof PoolFull)) {
      answer({ id, failed: failure(error) });
      return;
    }
    answer({
      id,
      result: { end: { kind: 'queue-full' }, stdout: nothing, stderr: nothing, denials: [] },
    });
  } finally {
    jobs.delete(id);
    broker?.close();
  }
}

function failure(error: unknown): End {
  return { kind: 'died', exitCode: null, signal: null, lastWords: String(error) };
}

async function closePools(ids: readonly number[]): Promise<void> {
  await Promise.all(
    ids.map((id) => {
      const pool = pools.get(id);
      pools.delete(id);
      return pool?.close();
    }),
  );
}

/**
 * A flaw of ours that shows outside of any call, as in a callback of a socket: whose it was is not known, so
 * every running invocation ends; the next ones work.
 */
process.on('uncaughtException', () => {
  for (const pool of pools.values()) pool.abandon();
});

port.on('message', (message: ToSupervisor) => {
  try {
    handle(message);
  } catch (error) {
    answer({ id: message.id, failed: failure(error) });
  }
});

function handle(message: ToSupervisor): void {
  switch (message.type) {
    case 'open':
      void open(message.id, new IsolatePool({ ...message.pool, start: starter(message.pool) }));
      return;
    case 'run':
      void run(message.id, message.pool, message.run);
      return;
    case 'answer':
      questions.get(message.call)?.(message.bytes);
      questions.delete(message.call);
      return;
    case 'cancel':
      jobs.get(message.id)?.cancel();
      return;
    case 'close-pool':
      void closePools([message.pool]).then(() => answer({ id: message.id, done: true }));
      return;
    case 'close':
      void closePools([...pools.keys()]).then(() => {
        answer({ id: message.id, done: true });
        port.close();
      });
  }
}
