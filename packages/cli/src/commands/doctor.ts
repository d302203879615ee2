import { EXIT, escapeText, examine } from '@skill-engine/engine';
import type { Check } from '@skill-engine/engine';
import { type FlagTable, splitArguments, usage } from '../args.ts';
import { type Paint, painter } from '../colours.ts';
import { jsonText, toJson } from '../json.ts';
import { type Shell, coloured, write } from '../shell.ts';

export const flags = {
  json: { type: 'boolean' },
  strict: { type: 'boolean' },
} as const satisfies FlagTable;

/** What the engine needs and finds on this machine. Exit code 7 when something required is missing. */
export async function doctor(args: readonly string[], shell: Shell): Promise<number> {
  const line = splitArguments(args, { verb: 'doctor', flags });
  if (line.positionals.length > 0) {
    throw usage('doctor', `${JSON.stringify(line.positionals[0])} is one argument too many`);
  }
  const home = shell.environment['SKILL_ENGINE_HOME'];
  const { checks, sound } = await examine(home === undefined ? {} : { home });
  const ok = line.has('strict') ? checks.every((check) => check.ok) : sound;
  const paint = painter(coloured(shell, shell.stdout));
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = () => checks.map((check) => describe(check, width, paint)).join('');
  const text = line.has('json')
    ? `${jsonText(toJson({ ok, checks }))}\n`
    : `${lines()}\n${conclusion(checks, ok)}\n`;
  await write(shell.stdout, text);
  return ok ? EXIT.success : EXIT.engine;
}

function describe({ name, ok, required, found, help }: Check, width: number, paint: Paint): string {
  const [word, colour] = ok
    ? (['ok', 'green'] as const)
    : required
      ? (['failed', 'red'] as const)
      : (['missing', 'yellow'] as const);
  const title = paint(escapeText(name.padEnd(width)), 'bold');
  const advice = help === null ? '' : `${' '.repeat(width + 11)}${escapeText(help)}\n`;
  return `${paint(word.padEnd(7), colour)}  ${title}  ${escapeText(found)}\n${advice}`;
}

function conclusion(checks: readonly Check[], ok: boolean): string {
  const missing = checks.filter((check) => !check.ok).length;
  if (missing === 0) return 'Everything is there.';
  const what = missing === 1 ? '1 thing' : `${missing} things`;
  return ok ? `Skills run; ${what} would make it safer.` : `${what} must be put right.`;
}
