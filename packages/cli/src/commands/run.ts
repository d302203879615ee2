import { existsSync } from 'node:fs';
import {
  Acceptances,
  EXIT,
  SkillError,
  createEngine,
  escapeText,
  recordRefused,
  statePlaces,
} from '@skill-engine/engine';
import type {
  AuditStore,
  EngineOptions,
  ExecutionResult,
  FailedExecution,
  JsonValue,
  LoadOptions,
  Skill,
} from '@skill-engine/engine';
import { type CommandLine, type FlagTable, splitArguments, usage } from '../args.ts';
import { openOwnStore } from '../audit-place.ts';
import { chooseTool } from '../choose.ts';
import { requireConsent } from '../consent.ts';
import { jsonText } from '../json.ts';
import { limitsOf, superfluous } from '../limits.ts';
import { loadAccepted } from '../load-accepted.ts';
import { type Given, buildParameters } from '../parameters.ts';
import { exitCodeOf, resultJson } from '../report.ts';
import { isCommand, tell } from '../run-output.ts';
import { readGiven } from '../run-parameters.ts';
import { SchemaView } from '../schema-kinds.ts';
import { configured } from '../settings.ts';
import { type Target, chooseTarget } from '../target.ts';
import { Interrupted, type Shell, type Signal, say, signalExits, write } from '../shell.ts';
import { version } from '../version.ts';

export const flags = {
  params: { type: 'string' },
  param: { type: 'string', multiple: true },
  'param-file': { type: 'string', multiple: true },
  manifest: { type: 'string' },
  skill: { type: 'string' },
  fuel: { type: 'string' },
  memory: { type: 'string' },
  timeout: { type: 'string' },
  output: { type: 'string' },
  disk: { type: 'string' },
  user: { type: 'string' },
  accept: { type: 'string' },
  isolation: { type: 'string' },
  json: { type: 'boolean' },
  quiet: { type: 'boolean' },
} as const satisfies FlagTable;

const names = Object.keys(flags);
const caller = { program: 'skill', version };

export async function run(args: readonly string[], shell: Shell): Promise<number> {
  const line = splitArguments(args, { verb: 'run', flags, collectOthers: true });
  const [path, tool, ...more] = line.positionals;
  if (path === undefined) throw usage('run', 'SKILL is missing');
  if (more.length > 0) throw usage('run', `${JSON.stringify(more[0])} is one argument too many`);
  limitsOf(line);
  const given = await readGiven(line, shell);
  const isolation = isolationOf(line);
  const { engine: options, load } = await configured(shell, !line.has('json'));
  const target = await chooseTarget(path, line.one('manifest'), line.one('skill'));
  const asked: Asked = { target, tool, given, line };
  const refused = await consent(asked, options, shell);
  if (refused !== undefined) {
    await report(refused, false, line, shell);
    return exitCodeOf(refused.error);
  }

  const aborter = new AbortController();
  let ended: Signal | undefined;
  const stopListening = shell.onSignal((signal) => {
    ended = signal;
    aborter.abort();
    // A second one ends the process at once.
    stopListening();
  });
  try {
    await using _credentials = options.credentials;
    await using engine = await createEngine(options);
    const loading = loadAccepted(engine, target, line.one('manifest'), {
      ...load,
      isolation: { ...load.isolation, ...isolation },
    });
    loading.catch(() => undefined);
    const skill = await Promise.race([loading, abortion(aborter.signal)]).catch((error: unknown) =>
      refusalOf(error, asked, engine.audit, shell),
    );
    if (skill === undefined) throw new Interrupted(ended ?? 'SIGINT');
    if ('error' in skill) {
      await report(skill, false, line, shell);
      return exitCodeOf(skill.error);
    }
    const chosen = chooseTool(skill, tool, 'run');
    const schema = skill.tools.find(({ name }) => name === chosen)?.parameters;
    await note(line, skill, schema, shell);
    if (line.rest !== undefined && !isCommand(skill)) {
      throw usage('run', `arguments after -- are for commands only, and ${skill.name} is none`);
    }
    const result = await engine.execute(skill.name, chosen, buildParameters(given, schema, names), {
      user: line.one('user') ?? shell.user,
      caller,
      limits: limitsOf(line),
      signal: aborter.signal,
    });
    await report(result, isCommand(skill), line, shell);
    if (!result.ok) await noteMissing(line, skill, shell);
    return exitOf(result, ended);
  } finally {
    stopListening();
  }
}

interface Asked {
  readonly target: Target;
  readonly tool: string | undefined;
  readonly given: Given;
  readonly line: CommandLine;
}

/** Nothing when the operator consents, the recorded refusal otherwise. */
async function consent(
  asked: Asked,
  options: EngineOptions,
  shell: Shell,
): Promise<FailedExecution | undefined> {
  const { target, line } = asked;
  const places = statePlaces();
  try {
    await requireConsent(
      {
        ...target,
        acceptances: new Acceptances(places.data),
        accept: line.one('accept'),
        mayAsk: !line.has('json'),
      },
      shell,
    );
    return undefined;
  } catch (error) {
    if (!(error instanceof SkillError) || error.code !== 'CAPABILITY_DENIED') throw error;
    await using audit = await openOwnStore(options);
    return await refusalOf(error, asked, audit, shell);
  }
}

/** What is denied before it is loaded is recorded like any other call; everything else is thrown on. */
async function refusalOf(
  error: unknown,
  { target, tool, given, line }: Asked,
  audit: AuditStore,
  shell: Shell,
): Promise<FailedExecution> {
  if (!(error instanceof SkillError) || exitCodeOf(error) !== EXIT.denied) throw error;
  return recordRefused(audit, {
    package: target.package,
    tool: tool ?? '',
    parameters: buildParameters(given, true, names),
    user: line.one('user') ?? shell.user,
    caller,
    error,
  });
}

function isolationOf(line: CommandLine): LoadOptions['isolation'] {
  const given = line.one('isolation');
  const os = (['required', 'preferred', 'off'] as const).find((one) => one === given);
  if (given === undefined || os !== undefined) return os && { os };
  throw usage('run', `--isolation is required, preferred or off, not ${JSON.stringify(given)}`);
}

/** Resolves with `undefined` at the abort; never, without one. */
function abortion(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

/** What the command line says and a reader might understand otherwise. */
async function note(
  line: CommandLine,
  skill: Skill,
  schema: JsonValue | undefined,
  shell: Shell,
): Promise<void> {
  if (line.has('json') || line.has('quiet')) return;
  for (const flag of superfluous(line, skill.limits)) {
    await say(shell, `note: --${flag} is above the limit of ${skill.name}, which stays`);
  }
  const parameters = new SchemaView(schema).names() ?? [];
  for (const flag of names.filter((name) => line.has(name))) {
    if (!parameters.includes(flag)) continue;
    await say(shell, `note: --${flag} is a flag of skill run; the parameter is --param ${flag}=…`);
  }
}

/** A grant of nothing gives nothing, and most guests then only say that there is no such file. */
async function noteMissing(line: CommandLine, skill: Skill, shell: Shell): Promise<void> {
  if (line.has('json') || line.has('quiet')) return;
  for (const { path } of skill.effective.filesystem.grants) {
    if (existsSync(path)) continue;
    await say(shell, `note: ${escapeText(path)} is granted, but nothing is there`);
  }
}

async function report(
  result: ExecutionResult,
  isCommand: boolean,
  line: CommandLine,
  shell: Shell,
): Promise<void> {
  if (line.has('json')) await write(shell.stdout, `${jsonText(resultJson(result))}\n`);
  else await tell(result, { isCommand, quiet: line.has('quiet') }, shell);
}

function exitOf(result: ExecutionResult, ended: Signal | undefined): number {
  if (result.ok) return 0;
  if (result.error.code === 'CANCELLED' && ended !== undefined) return signalExits[ended];
  return exitCodeOf(result.error);
}
