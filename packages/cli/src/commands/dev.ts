import { createEngine, escapeText, readPackage } from '@skill-engine/engine';
import type { SkillPackage } from '@skill-engine/engine';
import { type CommandLine, type FlagTable, splitArguments, usage } from '../args.ts';
import { buildSkill } from '../build/build.ts';
import { watchSkill } from '../build/watch.ts';
import { chooseSkill, chooseTool } from '../choose.ts';
import { askForSession } from '../consent.ts';
import { limitsOf } from '../limits.ts';
import { type Given, buildParameters } from '../parameters.ts';
import { isCommand, tell } from '../run-output.ts';
import { readGiven } from '../run-parameters.ts';
import { configured } from '../settings.ts';
import { type Shell, say } from '../shell.ts';
import { version } from '../version.ts';
import { builtText, contextOf, engineOf, failureOf } from './build.ts';

export const flags = {
  params: { type: 'string' },
  param: { type: 'string', multiple: true },
  'param-file': { type: 'string', multiple: true },
  fuel: { type: 'string' },
  memory: { type: 'string' },
  timeout: { type: 'string' },
  output: { type: 'string' },
  disk: { type: 'string' },
  engine: { type: 'string' },
  grant: { type: 'boolean' },
  quiet: { type: 'boolean' },
} as const satisfies FlagTable;

const names = Object.keys(flags);
const caller = { program: 'skill dev', version };

/** Builds at every change, and runs a tool again: each time a fresh sandbox, the same road as `skill run`. */
export async function dev(args: readonly string[], shell: Shell): Promise<number> {
  const line = splitArguments(args, { verb: 'dev', flags, collectOthers: true });
  const [folder = '.', tool, ...more] = line.positionals;
  if (more.length > 0) throw usage('dev', `${JSON.stringify(more[0])} is one argument too many`);
  limitsOf(line);
  const engine = engineOf('dev', line.one('engine'));
  const given = await readGiven(line, shell);
  const granted = new SessionGrant(line.has('grant'), folder, shell);
  return watchSkill(folder, shell, async (changed) => {
    try {
      if (changed.length > 0) await say(shell, `changed: ${changed.map(escapeText).join(', ')}`);
      await say(shell, builtText(await buildSkill(folder, { ...contextOf(shell), engine })));
      await runOnce({ folder, tool, line, given }, granted, shell);
    } catch (error) {
      await say(shell, failureOf(error, shell));
    }
  });
}

interface Call {
  readonly folder: string;
  readonly tool: string | undefined;
  readonly line: CommandLine;
  readonly given: Given;
}

async function runOnce(call: Call, granted: SessionGrant, shell: Shell): Promise<void> {
  const { folder, line, given } = call;
  const accepted = await readPackage(await chooseSkill(folder, undefined, undefined));
  const grant = await granted.of(accepted);
  const { engine: options, load } = await configured(shell);
  await using _credentials = options.credentials;
  await using engine = await createEngine(options);
  const [skill] = await engine.load(folder, { ...load, only: accepted.name, grant });
  if (skill === undefined) return;
  if (call.tool === undefined && isEmpty(given)) {
    const tools = skill.tools.map(({ name, description }) => `  ${name}  ${description ?? ''}`);
    await say(shell, `tools:\n${tools.map((text) => escapeText(text.trimEnd())).join('\n')}`);
    return;
  }
  const tool = chooseTool(skill, call.tool, 'dev');
  const schema = skill.tools.find(({ name }) => name === tool)?.parameters;
  const result = await engine.execute(skill.name, tool, buildParameters(given, schema, names), {
    user: shell.user,
    caller,
    limits: limitsOf(line),
  });
  await tell(result, { isCommand: isCommand(skill), quiet: line.has('quiet') }, shell);
}

/** Without a tool and without parameters, the tools are listed. */
function isEmpty({ base, assignments, flags: others, rest }: Given): boolean {
  return base === undefined && rest === undefined && assignments.length + others.length === 0;
}

/**
 * What the author lets the skill have while this command runs. A build changes the digest that `skill run` asks consent for, so
 * here the question is about the capabilities: it comes back when the manifest asks for others.
 */
class SessionGrant {
  readonly #always: boolean;
  readonly #folder: string;
  readonly #shell: Shell;
  #answered: string | undefined;
  #given = false;

  constructor(always: boolean, folder: string, shell: Shell) {
    this.#always = always;
    this.#folder = folder;
    this.#shell = shell;
  }

  async of(skill: SkillPackage): Promise<'declared' | 'none'> {
    if (!skill.needsConsent || this.#always) return 'declared';
    const asked = JSON.stringify(skill.declared);
    if (asked !== this.#answered) {
      this.#given = await askForSession(skill, this.#folder, this.#shell);
      this.#answered = asked;
    }
    return this.#given ? 'declared' : 'none';
  }
}
