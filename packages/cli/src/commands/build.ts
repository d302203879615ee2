import { SkillError } from '@skill-engine/engine';
import { type FlagTable, splitArguments, usage } from '../args.ts';
import { type Built, buildSkill } from '../build/build.ts';
import { engines, type JsEngine } from '../build/javascript.ts';
import { watchSkill } from '../build/watch.ts';
import { jsonText, toJson } from '../json.ts';
import { failureText } from '../report.ts';
import { painter } from '../colours.ts';
import { type Shell, coloured, say, write } from '../shell.ts';
import { showSize } from '../units.ts';

export const flags = {
  engine: { type: 'string' },
  watch: { type: 'boolean' },
  json: { type: 'boolean' },
} as const satisfies FlagTable;

/** The component of a skill's folder from its sources; with `--watch` again at every change. */
export async function build(args: readonly string[], shell: Shell): Promise<number> {
  const line = splitArguments(args, { verb: 'build', flags });
  const [folder = '.', ...more] = line.positionals;
  if (more.length > 0) throw usage('build', 'one DIR at most');
  const engine = engineOf('build', line.one('engine'));
  const once = async (): Promise<void> => {
    const built = await buildSkill(folder, { ...contextOf(shell), engine });
    if (line.has('json'))
      await write(shell.stdout, `${jsonText(toJson({ ok: true, ...built }))}\n`);
    else await say(shell, builtText(built));
  };
  if (!line.has('watch')) {
    await once();
    return 0;
  }
  return watchSkill(folder, shell, async () => {
    await once().catch((error: unknown) => say(shell, failureOf(error, shell)));
  });
}

/** Text for standard error of anything that a build or a run threw. */
export function failureOf(error: unknown, shell: Shell): string {
  return failureText(SkillError.from(error), painter(coloured(shell, shell.stderr)));
}

export function engineOf(verb: string, text: string | undefined): JsEngine {
  const found = engines.find((engine) => engine === (text ?? 'quickjs'));
  if (found === undefined) throw usage(verb, `--engine is one of: ${engines.join(', ')}`);
  return found;
}

export function contextOf(shell: Shell) {
  return {
    environment: shell.environment,
    log: (text: string) => void say(shell, text),
  };
}

/** One line about what was made. */
export function builtText({ name, component, bytes, milliseconds }: Built): string {
  return `built ${name}: ${component} (${showSize(bytes)}, ${(milliseconds / 1000).toFixed(1)} s)`;
}
