import { auditHealth, escapeText } from '@skill-engine/engine';
import type { AuditStats, Health, JsonValue, ToolStats } from '@skill-engine/engine';
import { type FlagTable, splitArguments, usage } from '../args.ts';
import { filterOf, openReader } from '../audit-place.ts';
import { painter } from '../colours.ts';
import { jsonText } from '../json.ts';
import { type Shell, coloured, say, widthOf, write } from '../shell.ts';
import { type Column, renderTable } from '../table.ts';
import { showCount, showDuration } from '../units.ts';

export const flags = {
  skill: { type: 'string' },
  tool: { type: 'string' },
  user: { type: 'string' },
  since: { type: 'string' },
  until: { type: 'string' },
  store: { type: 'string' },
  json: { type: 'boolean' },
} as const satisfies FlagTable;

const times = ['p50', 'p95', 'p99', 'max'] as const;

const columns: readonly Column[] = [
  { title: 'SKILL', flexible: true },
  { title: 'TOOL', flexible: true },
  { title: 'RUNS', right: true },
  { title: 'SUCCESS', right: true },
  { title: 'FAILED', right: true },
  { title: 'DENIED', right: true },
  ...times.map((name) => ({ title: name.toUpperCase(), right: true })),
];

export async function stats(args: readonly string[], shell: Shell): Promise<number> {
  const line = splitArguments(args, { verb: 'stats', flags });
  if (line.positionals.length > 0) {
    throw usage('stats', `${JSON.stringify(line.positionals[0])} is one argument too many`);
  }
  await using reader = await openReader(line, shell);
  const found = await reader.stats(filterOf(line, shell));
  const health = auditHealth(found);
  if (line.has('json')) {
    const all = { ...found, health } as unknown as JsonValue;
    await write(shell.stdout, `${jsonText(all)}\n`);
  } else if (found.executions === 0) await say(shell, 'no invocations found');
  else await write(shell.stdout, statsText(found, shell) + healthText(health, shell));
  return 0;
}

function statsText(found: AuditStats, shell: Shell): string {
  const paint = painter(coloured(shell, shell.stdout));
  const rows = found.tools.map((one) => [
    one.skill,
    one.tool,
    ...counts(one),
    ...times.map((name) => (one.durationMs === null ? '-' : showDuration(one.durationMs[name]))),
  ]);
  if (rows.length > 1) rows.push(['all', '', ...counts(found), ...times.map(() => '')]);
  return renderTable(columns, rows, {
    width: widthOf(shell.stdout),
    paint: (text, _column, row) => (row === undefined ? paint(text, 'dim') : text),
  });
}

/** Nothing where all is well. */
function healthText({ skills }: Health, shell: Shell): string {
  const paint = painter(coloured(shell, shell.stdout));
  const lines = skills.flatMap(({ skill, issues }) =>
    issues.map(
      (issue) => `${paint('degraded', 'yellow')} ${escapeText(skill)}: ${escapeText(issue)}\n`,
    ),
  );
  return lines.length === 0 ? '' : `\n${lines.join('')}`;
}

/** `failed` are all that ended and neither succeeded nor were denied. */
function counts(one: Pick<ToolStats, 'executions' | 'statuses' | 'successRate'>): string[] {
  const { success = 0, denied = 0, running = 0 } = one.statuses;
  return [
    showCount(one.executions),
    one.successRate === null ? '-' : `${(one.successRate * 100).toFixed(1)} %`,
    showCount(one.executions - success - denied - running),
    showCount(denied),
  ];
}
