/** `skill history --follow`: what was run, and then each invocation as it ends. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditFilter, AuditReader, AuditRecord } from '@skill-engine/engine';
import { usage } from './args.ts';
import { painter } from './colours.ts';
import { type Format, csvHeader, recordLine, tableText } from './history-formats.ts';
import { Interrupted, type Shell, type Signal, coloured, write } from './shell.ts';

const POLL_MS = 250;
const PAGE = 1000;

export interface FollowView {
  readonly format: Format;
  /** How many records to begin with. */
  readonly limit: number;
}

/** Never ends by itself: a signal or a reader that goes away does. */
export async function follow(
  audit: AuditReader,
  filter: AuditFilter,
  { format, limit }: FollowView,
  shell: Shell,
): Promise<never> {
  if (format === 'json')
    throw usage('history', '--follow needs a format of lines: table, jsonl or csv');
  if (filter.cursor !== undefined)
    throw usage('history', '--follow and --cursor contradict each other');
  const signals = new AbortController();
  const stop = shell.onSignal((signal) => signals.abort(signal));
  try {
    // What ends while the first page is read comes with the entries after this place.
    let place = Number((await audit.query({ limit: 1 })).last ?? '0');
    const { records } = await audit.query({ ...filter, limit: Math.min(limit, 10_000) });
    const shown = new Set(records.filter(isEnded).map((record) => record.execution_id));
    if (format === 'csv') await write(shell.stdout, csvHeader());
    await print(records.toReversed(), format, shell, format === 'table');
    for (;;) {
      const entries = await audit.entries(place, PAGE);
      for (const { seq, kind, body } of entries) {
        place = seq;
        if (kind !== 'outcome') continue;
        const id = (JSON.parse(body) as { execution_id: string }).execution_id;
        if (shown.delete(id)) continue;
        const record = await audit.get(id);
        if (record !== undefined && matches(record, filter))
          await print([record], format, shell, false);
      }
      if (entries.length === 0) await pause(signals.signal);
      signals.signal.throwIfAborted();
    }
  } catch (error) {
    if (signals.signal.aborted) throw new Interrupted(signals.signal.reason as Signal);
    throw error;
  } finally {
    stop();
  }
}

function pause(signal: AbortSignal): Promise<void> {
  return sleep(POLL_MS, undefined, { signal });
}

function isEnded(record: AuditRecord): boolean {
  return record.status !== 'running';
}

function matches(
  record: AuditRecord,
  { skill, tool, user, status, since, until }: AuditFilter,
): boolean {
  const same = (value: unknown, wanted: unknown): boolean =>
    wanted === undefined || value === wanted;
  return (
    same(record.skill_name, skill) &&
    same(record.tool_name, tool) &&
    same(record.user, user) &&
    same(record.status, status) &&
    (since === undefined || Date.parse(record.timestamp) >= new Date(since).getTime()) &&
    (until === undefined || Date.parse(record.timestamp) < new Date(until).getTime())
  );
}

async function print(
  records: readonly AuditRecord[],
  format: Exclude<Format, 'json'>,
  shell: Shell,
  titles: boolean,
): Promise<void> {
  if (format !== 'table') {
    for (const record of records) await write(shell.stdout, recordLine(record, format));
    return;
  }
  // Ages would be wrong a minute later: lines that stay on the screen show the time itself.
  const paint = painter(coloured(shell, shell.stdout));
  await write(
    shell.stdout,
    tableText(records, { paint, width: undefined, now: undefined, bare: !titles }),
  );
}
