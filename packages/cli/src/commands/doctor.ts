import { EXIT, SkillError, escapeText, examine } from '@skill-engine/engine';
import type { Check, Severity } from '@skill-engine/engine';
import { type FlagTable, splitArguments, usage } from '../args.ts';
import { findToolchains, type Toolchain } from '../build/toolchains.ts';
import { type Paint, painter } from '../colours.ts';
import { jsonText, toJson } from '../json.ts';
import { type Shell, coloured, write } from '../shell.ts';

export const flags = {
  json: { type: 'boolean' },
  quick: { type: 'boolean' },
  strict: { type: 'boolean' },
} as const satisfies FlagTable;

/** What the engine needs and finds on this machine. Exit code 7 when there is a problem. */
export async function doctor(args: readonly string[], shell: Shell): Promise<number> {
  const line = splitArguments(args, { verb: 'doctor', flags });
  if (line.positionals.length > 0) {
    throw usage('doctor', `${JSON.stringify(line.positionals[0])} is one argument too many`);
  }
  const home = shell.environment['SKILL_ENGINE_HOME'];
  const examined = await examine({ home, quick: line.has('quick') });
  const toolchains = await findToolchains(shell.environment);
  const checks = [...examined.checks, await containerEngine(), ...toolchains.map(checkOf)];
  const ok = line.has('strict')
    ? checks.every(({ severity }) => severity === 'ok')
    : examined.sound;
  const paint = painter(coloured(shell, shell.stdout));
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = () => checks.map((check) => describe(check, width, paint)).join('');
  const text = line.has('json')
    ? `${jsonText(toJson({ ok, checks }))}\n`
    : `${lines()}\n${conclusion(checks)}\n`;
  await write(shell.stdout, text);
  return ok ? EXIT.success : EXIT.engine;
}

/** Only skills that are containers need one; one that answers and gives too little is worth a look. */
async function containerEngine(): Promise<Check> {
  const name = 'container engine';
  const { findContainerEngine } = await import('@skill-engine/docker');
  const absent = 'not found; skills with runtime = "docker" need Docker or Podman';
  try {
    const { socket, layers } = await findContainerEngine();
    const found = `${socket}, with ${layers.join(', ')}`;
    return { name, severity: 'ok', found, meaning: null, help: null };
  } catch (error) {
    const { message } = SkillError.from(error);
    if (message.startsWith('No container engine answers')) {
      return { name, severity: 'ok', found: absent, meaning: null, help: null };
    }
    const meaning = 'Skills with runtime = "docker" are not loaded.';
    const help = 'docs/guides/docker.md says what a container engine has to give.';
    return { name, severity: 'warning', found: message, meaning, help };
  }
}

/** Only authors need one, so a missing one is nothing wrong. */
function checkOf({ language, found, needs }: Toolchain): Check {
  const absent = `not found; \`skill build\` needs ${needs} for skills in ${language}`;
  return {
    name: `${language} toolchain`,
    severity: 'ok',
    found: found ?? absent,
    meaning: null,
    help: null,
  };
}

const colours = { ok: 'green', warning: 'yellow', problem: 'red' } as const satisfies Record<
  Severity,
  string
>;

function describe(
  { name, severity, found, meaning, help }: Check,
  width: number,
  paint: Paint,
): string {
  const title = paint(escapeText(name.padEnd(width)), 'bold');
  const indent = ' '.repeat(width + 11);
  const more = [meaning, help]
    .filter((text) => text !== null)
    .map((text) => `${indent}${escapeText(text)}\n`);
  return `${paint(severity.padEnd(7), colours[severity])}  ${title}  ${escapeText(found)}\n${more.join('')}`;
}

function conclusion(checks: readonly Check[]): string {
  const of = (wanted: Severity) => checks.filter(({ severity }) => severity === wanted).length;
  const [problems, warnings] = [of('problem'), of('warning')];
  if (problems > 0) {
    return `${problems === 1 ? '1 thing' : `${problems} things`} must be put right.`;
  }
  if (warnings === 0) return 'Everything is as it should be.';
  return `Skills run; look at ${warnings === 1 ? '1 warning' : `${warnings} warnings`}.`;
}
