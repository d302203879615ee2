import { SkillError } from '@skill-engine/engine';
import type { AuditFilter, AuditReader, AuditRecord, JsonValue } from '@skill-engine/engine';
import { type CommandLine, type FlagTable, onlyFlags, splitArguments, usage } from '../args.ts';
import { auditFile, filterOf, openReader } from '../audit-place.ts';
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
import { follow } from '../history-follow.ts';
import { exportAuditTo } from './audit.ts';
import { page } from '../pager.ts';
import { type Shell, coloured, say, widthOf, write } from '../shell.ts';
import { parseCount } from '../units.ts';

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
  cursor: { type: 'string' },
  follow: { type: 'boolean' },
  'no-pager': { type: 'boolean' },
  export: { type: 'string' },
  store: { type: 'string' },
} as const satisfies FlagTable;

const DEFAULT_LIMIT = 50;
const PAGE = 1000;

export async function history(args: readonly string[], shell: Shell): Promise<number> {
  const line = splitArguments(args, { verb: 'history', flags });
  const [first, id, ...more] = line.positionals;
  if (first === 'show') {
    if (id === undefined || more.length > 0) throw usage('history', 'show needs exactly one ID');
    onlyFlags(line, { verb: 'history', form: 'show', allowed: ['json', 'store'] });
    return show(id, line, shell);
  }
  if (first !== undefined) throw usage('history', `${JSON.stringify(first)} is not "show"`);
  if (line.has('export')) {
    // A part of the chain would not verify: whoever wants a part takes --format jsonl.
    onlyFlags(line, { verb: 'history', form: '--export', allowed: ['export', 'store'] });
    await exportAuditTo(await auditFile(line, shell), line.one('export'), shell);
    return 0;
  }
  const format = formatOf(line);
  const filter = filterOf(line, shell);
  const limit = parseCount('limit', line.one('limit') ?? String(DEFAULT_LIMIT));
  if (limit < 1) throw usage('history', '--limit is at least 1');
  await using audit = await openReader(line, shell);
  if (line.has('follow')) return await follow(audit, filter, { format, limit }, shell);
  const end: { cursor?: string | undefined } = {};
  await print(records(audit, filter, limit, end), format, shell, !line.has('no-pager'));
  if (end.cursor !== undefined && format === 'table') {
    await say(shell, `there are more: --cursor ${end.cursor}`);
  }
  return 0;
}

async function show(id: string, line: CommandLine, shell: Shell): Promise<number> {
  await using audit = await openReader(line, shell);
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

async function* records(
  audit: AuditReader,
  filter: AuditFilter,
  limit: number,
  end: { cursor?: string | undefined },
): AsyncGenerator<AuditRecord> {
  let left = limit;
  let { cursor } = filter;
  do {
    const page = await audit.query({
      ...filter,
      limit: Math.min(left, PAGE),
      ...(cursor === undefined ? {} : { cursor }),
    });
    yield* page.records;
    left -= page.records.length;
    cursor = page.cursor;
    end.cursor = cursor;
  } while (left > 0 && cursor !== undefined);
}

async function print(
  found: AsyncGenerator<AuditRecord>,
  format: Format,
  shell: Shell,
  paged: boolean,
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
    const text = tableText(all, {
      paint: painter(coloured(shell, shell.stdout)),
      width: widthOf(shell.stdout),
      now: shell.stdout.isTTY === true ? shell.now() : undefined,
    });
    await (paged ? page(text, shell) : write(shell.stdout, text));
  }
}
