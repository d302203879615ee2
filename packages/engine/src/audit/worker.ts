/** Entry of the thread that blocks on SQLite, so that no other thread does. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { SkillError } from '../errors.ts';
import { AuditDatabase } from './database.ts';
import type { Answer, Numbered, WorkerStart } from './protocol.ts';
import { unavailable } from './unavailable.ts';
import { verifyStore } from './verify-store.ts';

/** Most entries under one commit: bounds how long one caller waits for the others. */
const BATCH = 512;

if (parentPort === null) throw new Error('This module is the entry of a worker thread.');
const port = parentPort;
const start = workerData as WorkerStart;

function answer(message: Answer): void {
  port.postMessage(message);
}

function fail(id: number, error: SkillError): void {
  answer({ id, ok: false, error: error.toJSON() });
}

function open(): AuditDatabase | undefined {
  try {
    const database = AuditDatabase.open(start.file, start);
    if (start.mode === 'write') database.markInterrupted();
    answer({ id: 0, ok: true });
    return database;
  } catch (error) {
    fail(0, unavailable('opened', error));
    return undefined;
  }
}

/** Invocations of this process that have begun and not ended. */
let running = 0;

/**
 * All that waits is taken at once: what arrived during one commit shares the next one's sync. Where many invocations run, more
 * will come in a moment, and a commit costs five times what an entry does: then that moment is waited for. It is little
 * beside what an invocation takes where so many share the processors; alone, none waits.
 */
function takeWaiting(first: Numbered): Numbered[] {
  const taken = [first];
  takeMore(taken);
  const moment = running >= 32 ? 8 : running >= 8 ? 2 : 0;
  if (
    moment > 0 &&
    taken.length < ENOUGH &&
    taken.every(({ request }) => request.op === 'append')
  ) {
    Atomics.wait(pause, 0, 0, moment);
    takeMore(taken);
  }
  return taken;
}

const pause = new Int32Array(new SharedArrayBuffer(4));

/** Entries that are worth a commit of their own. */
const ENOUGH = 16;

function takeMore(taken: Numbered[]): void {
  while (taken.length < BATCH) {
    const next = receiveMessageOnPort(port) as { message: Numbered } | undefined;
    if (next === undefined) break;
    taken.push(next.message);
  }
}

function append(database: AuditDatabase, messages: readonly Numbered[]): void {
  const writes = messages.flatMap(({ id, request }) =>
    request.op === 'append' ? [{ id, entry: request.entry }] : [],
  );
  if (writes.length === 0) return;
  try {
    const results = database.append(writes.map(({ entry }) => entry));
    const written = writes.filter((_, index) => results[index] === undefined);
    for (const { entry } of written) running += entry.kind === 'intent' ? 1 : -1;
    port.postMessage({ written: written.map(({ id }) => id) } satisfies Answer);
    for (const [index, { id }] of writes.entries()) {
      const error = results[index];
      if (error !== undefined) fail(id, error);
    }
  } catch (error) {
    for (const { id } of writes) fail(id, unavailable('written', error));
  }
}

function other(database: AuditDatabase, { id, request }: Numbered): void {
  try {
    if (start.mode === 'read' && request.op !== 'close' && !database.isMade) {
      return answer({ id, ok: true });
    }
    switch (request.op) {
      case 'query':
        return answer({ id, ok: true, value: database.query(request.selection) });
      case 'find':
        return answer({ id, ok: true, value: database.find(request.id, request.most) });
      case 'stats':
        return answer({ id, ok: true, value: database.stats(request.selection) });
      case 'entries':
        return answer({ id, ok: true, value: database.entries(request.after, request.most) });
      case 'lastPrune':
        return answer({ id, ok: true, value: database.lastPrune() });
      case 'verify':
        return answer({ id, ok: true, value: verifyStore(request.options) });
      case 'checkpoint':
        return answer({ id, ok: true, value: database.checkpoint() });
      case 'retentionTarget':
        return answer({ id, ok: true, value: database.retentionTarget(request.retention) });
      case 'prunePiece':
        return answer({ id, ok: true, value: database.prunePiece(request.target) });
      case 'vacuum':
        return answer({ id, ok: true, value: database.vacuum() });
      default:
    }
  } catch (error) {
    const writes = ['checkpoint', 'prunePiece', 'vacuum'].includes(request.op);
    fail(id, unavailable(writes ? 'written' : 'read', error));
  }
}

const database = open();
if (database === undefined) {
  port.close();
} else {
  port.on('message', (first: Numbered) => {
    const messages = takeWaiting(first);
    append(database, messages);
    for (const message of messages) other(database, message);
    const close = messages.find(({ request }) => request.op === 'close');
    if (close !== undefined) {
      database[Symbol.dispose]();
      answer({ id: close.id, ok: true });
      port.close();
    }
  });
}
