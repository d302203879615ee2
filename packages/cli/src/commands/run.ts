import {
  Acceptances,
  SkillError,
  createEngine,
  openSqliteAuditStore,
  readPackage,
  recordRefused,
  statePlaces,
} from '@skill-engine/engine';
import type {
  Engine,
  ExecutionResult,
  FailedExecution,
  JsonValue,
  Skill,
  SkillPackage,
} from '@skill-engine/engine';
import { type CommandLine, type FlagTable, splitArguments, usage } from '../args.ts';
import { chooseSkill } from '../choose.ts';
import { requireConsent } from '../consent.ts';
import { jsonText } from '../json.ts';
import { limitsOf, superfluous } from '../limits.ts';
import { type Given, buildParameters } from '../parameters.ts';
import { exitCodeOf, resultJson } from '../report.ts';
import { tell } from '../run-output.ts';
import { readGiven } from '../run-parameters.ts';
import { SchemaView } from '../schema-kinds.ts';
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
  const source = await chooseSkill(path, line.one('manifest'), line.one('skill'));
  const accepted = await readPackage(source);
  const refused = await consent({ package: accepted, path, tool, given, line }, shell);
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
    await using engine = await createEngine();
    const loading = loadAccepted(engine, path, line.one('manifest'), accepted);
    loading.catch(() => undefined);
    const skill = await Promise.race([loading, abortion(aborter.signal)]);
    if (skill === undefined) throw new Interrupted(ended ?? 'SIGINT');
    const chosen = chooseTool(skill, tool);
    const schema = skill.tools.find(({ name }) => name === chosen)?.parameters;
    await note(line, skill, schema, shell);
    if (line.rest !== undefined && skill.shape !== 'command') {
      throw usage('run', `arguments after -- are for commands only, and ${skill.name} is none`);
    }
    const result = await engine.execute(skill.name, chosen, buildParameters(given, schema, names), {
      user: line.one('user') ?? shell.user,
      caller,
      limits: limitsOf(line),
      signal: aborter.signal,
    });
    await report(result, skill.shape === 'command', line, shell);
    return exitOf(result, ended);
  } finally {
    stopListening();
  }
}

interface Asked {
  readonly package: SkillPackage;
  readonly path: string;
  readonly tool: string | undefined;
  readonly given: Given;
  readonly line: CommandLine;
}

/** Nothing when the operator consents, the recorded refusal otherwise. */
async function consent(
  { package: skill, path, tool, given, line }: Asked,
  shell: Shell,
): Promise<FailedExecution | undefined> {
  const places = statePlaces();
  try {
    await requireConsent(
      {
        package: skill,
        acceptances: new Acceptances(places.data),
        accept: line.one('accept'),
        mayAsk: !line.has('json'),
        named: path,
      },
      shell,
    );
    return undefined;
  } catch (error) {
    if (!(error instanceof SkillError) || error.code !== 'CAPABILITY_DENIED') throw error;
    await using audit = await openSqliteAuditStore({ path: places.auditFile });
    return await recordRefused(audit, {
      package: skill,
      tool: tool ?? '',
      parameters: buildParameters(given, true, names),
      user: line.one('user') ?? shell.user,
      caller,
      error,
    });
  }
}

/**
 * Loads what was accepted, with what was accepted: another component or manifest that was put in its place
 * meanwhile never runs.
 */
async function loadAccepted(
  engine: Engine,
  path: string,
  manifest: string | undefined,
  accepted: SkillPackage,
): Promise<Skill> {
  const skills = await engine.load(path, {
    only: accepted.name,
    grant: accepted.needsConsent ? 'declared' : 'none',
    ...(manifest === undefined ? {} : { manifest }),
  });
  const skill = skills.find(({ name }) => name === accepted.name);
  if (skill?.digest === accepted.digest) return skill;
  throw new SkillError(
    'COMPONENT_DIGEST_MISMATCH',
    `${accepted.name} changed while it was loaded, so it did not run. Try again.`,
    { details: { expected: accepted.digest, found: skill?.digest ?? null } },
  );
}

/** Resolves with `undefined` at the abort; never, without one. */
function abortion(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

function chooseTool(skill: Skill, tool: string | undefined): string {
  const [only] = skill.tools;
  if (tool !== undefined) return tool;
  if (skill.tools.length === 1 && only !== undefined) return only.name;
  const known = skill.tools.map(({ name }) => name).join(', ');
  throw usage('run', `TOOL is missing; ${skill.name} has: ${known}`);
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
