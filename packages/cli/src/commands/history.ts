import { SkillError, openSqliteAuditStore, statePlaces } from '@skill-engine/engine';
import type { AuditFilter, AuditRecord, AuditStore, JsonValue } from '@skill-engine/engine';
import { type CommandLine, type FlagTable, splitArguments, usage } from '../args.ts';
import { painter } from '../colours.ts';
import {
  type Format,
  formats,
  recordLine,
  recordText,
  tableText,
  csvHeader,
} from '../history-formats.ts';
import { jsonText } from '../json.ts';
import { type Shell, coloured, say, widthOf, write } from '../shell.ts';
import { parseCount, parseInstant } from '../units.ts';

export const flags = {
  skill: { type: 'string' },
  tool: { type: 'string' },
  status: { type: 'string' },
  user: { type: 'string' },
  since: { type: 'string' },
  until: { type: 'string' },
  limit: { type: 'string' },
  format: { type: 'string' },
  json: { type: 'boolean' },
} as const satisfies FlagTable;

const DEFAULT_LIMIT = 50;
const PAGE = 1000;

export async function history(args: readonly string[], shell: Shell): Promise<number> {
  const line = splitArguments(args, { verb: 'history', flags });
  const [first, id, ...more] = line.positionals;
  if (first === 'show') {
    if (id === undefined || more.length > 0) throw usage('history', 'show needs exactly one ID');
    return show(id, line, shell);
  }
  if (first !== undefined) throw usage('history', `${JSON.stringify(first)} is not "show"`);
  const format = formatOf(line);
  const filter = filterOf(line, shell);
  const limit = parseCount('limit', line.one('limit') ?? String(DEFAULT_LIMIT));
  if (limit < 1) throw usage('history', '--limit is at least 1');
  await using audit = await openAudit();
  await print(records(audit, filter, limit), format, shell);
  return 0;
}

/** The store alone: reading it needs no engine. */
function openAudit(): Promise<AuditStore> {
  return openSqliteAuditStore({ path: statePlaces().auditFile });
}

async function show(id: string, line: CommandLine, shell: Shell): Promise<number> {
  await using audit = await openAudit();
  const record = await audit.get(id);
  if (record === undefined) {
    throw new SkillError(
      'INVALID_OPTIONS',
      `No invocation has an id that begins with ${JSON.stringify(id)}.`,
    );
  }
  const paint = painter(coloured(shell, shell.stdout));
  const json = `${jsonText(record as unknown as JsonValue)}\n`;
  await write(shell.stdout, line.has('json') ? json : recordText(record, paint));
  return 0;
}

function formatOf(line: CommandLine): Format {
  const text = line.one('format') ?? (line.has('json') ? 'json' : 'table');
  const format = formats.find((one) => one === text);
  if (format !== undefined && (!line.has('json') || format === 'json')) return format;
  if (format !== undefined)
    throw usage('history', `--json and --format ${format} contradict each other`);
  throw usage('history', `--format is ${JSON.stringify(text)}; allowed are ${formats.join(', ')}`);
}

/** Absent flags are absent members: the store knows no `undefined`. */
function filterOf(line: CommandLine, shell: Shell): AuditFilter {
  const filter: Record<string, unknown> = {};
  for (const flag of ['skill', 'tool', 'status', 'user']) {
    if (line.has(flag)) filter[flag] = line.one(flag);
  }
  for (const flag of ['since', 'until']) {
    const text = line.one(flag);
    if (text !== undefined) filter[flag] = parseInstant(flag, text, shell.now());
  }
  return filter;
}

async function* records(
  audit: AuditStore,
  filter: AuditFilter,
  limit: number,
): AsyncGenerator<AuditRecord> {
  let left = limit;
  let cursor: string | undefined;
  do {
    const page = await audit.query({
      ...filter,
      limit: Math.min(left, PAGE),
      ...(cursor === undefined ? {} : { cursor }),
    });
    yield* page.records;
    left -= page.records.length;
    cursor = page.cursor;
  } while (left > 0 && cursor !== undefined);
}

async function print(
  found: AsyncGenerator<AuditRecord>,
  format: Format,
  shell: Shell,
): Promise<void> {
  if (format === 'jsonl' || format === 'csv') {
    if (format === 'csv') await write(shell.stdout, csvHeader());
    for await (const record of found) await write(shell.stdout, recordLine(record, format));
    return;
  }
  const all: AuditRecord[] = [];
  for await (const record of found) all.push(record);
  if (format === 'json') {
    await write(shell.stdout, `${jsonText(all as unknown as JsonValue)}\n`);
  } else if (all.length === 0) await say(shell, 'no invocations found');
  else {
    await write(
      shell.stdout,
      tableText(all, {
        paint: painter(coloured(shell, shell.stdout)),
        width: widthOf(shell.stdout),
        now: shell.stdout.isTTY === true ? shell.now() : undefined,
      }),
    );
  }
}
