/** One call: judged as a whole, and only then run. */
import { basename } from 'node:path';
import { denyEnvironment, SkillError } from '@skill-engine/engine';
import type {
  Denial,
  EffectiveAuthority,
  NativeSkillManifest,
  RuntimeCall,
  RuntimeOutcome,
} from '@skill-engine/engine';
import { allowsAnything, judgeArguments, judgeForbidden } from './arguments/judge.ts';
import { isUnchanged, type ResolvedCommand } from './commands.ts';
import { denyArgument, denyByRule, denyChanged, denyCommand, denyUnseen } from './denials.ts';
import { environmentOf, mayPass } from './environment.ts';
import { haveGit } from './git.ts';
import { PathJudge, type FoundGrants } from './paths.ts';
import { launch, type Launcher } from './process/launcher.ts';
import { harmless } from './process/output.ts';
import { runProcess, type ProcessEnd } from './process/run.ts';
import { screenCommand } from './rules/screen.ts';
import type { NativeRule } from './rules/types.ts';
import { firstGranted, scratchDirectory } from './working-directory.ts';

/** A skill that was brought up. */
export interface OpenedSkill {
  readonly manifest: NativeSkillManifest;
  readonly effective: EffectiveAuthority;
  readonly found: FoundGrants;
  readonly rules: readonly NativeRule[];
  readonly commands: readonly ResolvedCommand[];
  readonly launcher: Launcher;
  /** Directories of the search path that can be trusted. */
  readonly path: readonly string[];
}

interface Parameters {
  readonly command: string;
  readonly args: readonly string[];
  readonly stdin: string;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string | undefined;
}

/** Commands of a shell's own that do nothing but print, or say yes or no. */
const harmlessBuiltins = new Set(['echo', 'true', 'false', 'pwd', ':', 'exit']);

export async function runCall(skill: OpenedSkill, call: RuntimeCall): Promise<RuntimeOutcome> {
  const parameters = readParameters(skill, call);
  const scratch = await scratchDirectory();
  try {
    const base = (await firstGranted(skill.effective)) ?? scratch.path;
    const cwd = parameters.cwd === undefined ? base : `${base}/${parameters.cwd}`;
    const places = { cwd, scratch: scratch.path, git: haveGit(skill.commands) };
    const paths = await PathJudge.of(skill.effective, skill.found, places);
    const denied =
      (await paths.judge(cwd, 'read')) ??
      (await judgeCommand(skill, parameters, paths)) ??
      judgeVariables(skill, call, parameters.env);
    if (denied !== undefined) return refused(denied);
    const command = find(skill, parameters.command);
    const own = {
      path: skill.path.join(':'),
      home: scratch.path,
      mark: call.executionId,
      git: haveGit(skill.commands),
    };
    const passed = [...call.environment, ...call.filterEnvironment(parameters.env)];
    const end = await runProcess({
      argv: launch(skill.launcher, call.limits, [command.path, ...parameters.args]),
      argv0: undefined,
      cwd,
      env: environmentOf(
        passed.filter(([name]) => mayPass(name, skill.effective)),
        own,
      ),
      stdin: parameters.stdin,
      outputBytes: call.limits.outputBytes,
      signal: call.signal,
      mark: call.executionId,
    });
    return outcomeOf(end, call);
  } finally {
    await scratch.remove();
  }
}

function readParameters({ commands }: OpenedSkill, { parameters }: RuntimeCall): Parameters {
  const given = parameters as Partial<Parameters>;
  const { command = commands[0]?.name ?? '', args = [], stdin = '', env = {}, cwd } = given;
  const isText = (value: unknown): boolean => typeof value === 'string';
  const areTexts =
    Array.isArray(args) &&
    [command, stdin, cwd ?? '', ...args, ...Object.values(env)].every((one) => isText(one));
  if (!areTexts) {
    // A manifest may have a schema of its own for the tool.
    throw new SkillError(
      'INVALID_PARAMETERS',
      'command, stdin, cwd, and what is in args and env are texts.',
    );
  }
  return { command, args, stdin, env, cwd };
}

function find({ commands }: OpenedSkill, name: string): ResolvedCommand {
  const command = commands.find((one) => one.name === name);
  // The schema has them all.
  if (command === undefined) throw new Error(`no command ${name}`);
  return command;
}

async function judgeCommand(
  skill: OpenedSkill,
  { command, args, stdin }: Parameters,
  paths: PathJudge,
): Promise<Denial | undefined> {
  const { manifest, rules, commands } = skill;
  const lists = manifest.allowedCommands;
  const refusal = judgeArguments(args, lists);
  if (refusal !== undefined) return denyArgument(manifest, args, refusal);
  const alsoNamed = new Map(commands.map(({ name, file }) => [name, basename(file)]));
  const {
    refused: finding,
    commands: within,
    files,
    open,
  } = screenCommand([command, ...args], {
    rules,
    input: stdin !== '',
    alsoNamed,
  });
  if (finding !== undefined) return denyByRule(finding);
  if (open !== undefined && !allowsAnything(lists)) return denyUnseen(open);
  for (const [name = '', ...own] of within) {
    const resolved = commands.find((one) => one.name === name);
    if (resolved === undefined) {
      if (!harmlessBuiltins.has(name)) return denyCommand(manifest, name);
    } else if (!(await isUnchanged(resolved))) {
      return denyChanged(name, resolved.file);
    }
    // What an allowed text contains is allowed with it; what is forbidden is not.
    const bad = judgeForbidden(own, lists.forbiddenArgs);
    if (bad !== undefined) return denyArgument(manifest, own, bad, true);
    for (const argument of own) {
      const denied = await paths.judgeArgument(argument);
      if (denied !== undefined) return denied;
    }
    const denied = await paths.judgeWithin(own);
    if (denied !== undefined) return denied;
  }
  for (const { path, writes } of files) {
    const denied = await paths.judge(path, writes ? 'read-write' : 'read');
    if (denied !== undefined) return denied;
  }
  return undefined;
}

function judgeVariables(
  { effective }: OpenedSkill,
  { filterEnvironment }: RuntimeCall,
  given: Readonly<Record<string, string>>,
): Denial | undefined {
  const passed = new Set(filterEnvironment(given).map(([name]) => name));
  for (const name of Object.keys(given)) {
    if (!passed.has(name)) return denyEnvironment(effective, name);
    if (mayPass(name, effective)) continue;
    const rule =
      'the name decides what code runs: it never passes, or only where every list has exactly this name';
    return {
      code: 'ENVIRONMENT_BLOCKED',
      resource: name,
      operation: 'read',
      rule,
      allow: [],
      count: 1,
    };
  }
  return undefined;
}

function refused(denied: Denial): RuntimeOutcome {
  const message = `The command was not run: ${denied.rule}.`;
  const error = new SkillError('CAPABILITY_DENIED', message, {
    details: { resource: denied.resource, code: denied.code },
  });
  const nothing = { stdout: '', stderr: '', memoryPeakBytes: null };
  return { answer: { error }, denials: [denied], ...nothing };
}

function outcomeOf(end: ProcessEnd, { limits, environment }: RuntimeCall): RuntimeOutcome {
  const kept = environment.map(([, value]) => value);
  const text = (stream: 'stdout' | 'stderr'): string => harmless(end.output.text(stream), kept);
  return {
    answer: answerOf(end, limits),
    stdout: text('stdout'),
    stderr: text('stderr'),
    denials: [],
    memoryPeakBytes: null,
  };
}

function answerOf(
  { exitCode, killedBy, tooMuchOutput, failure }: ProcessEnd,
  limits: RuntimeCall['limits'],
): RuntimeOutcome['answer'] {
  if (tooMuchOutput) {
    const message = `stdout and stderr together passed ${limits.outputBytes} bytes; what was written is cut there. Raise resources.output if the command needs more.`;
    return { error: new SkillError('OUTPUT_LIMIT', message) };
  }
  if (failure !== undefined) {
    return {
      error: new SkillError('TOOL_FAILED', `The command did not start: ${failure.message}.`, {
        cause: failure,
      }),
    };
  }
  if (killedBy === 'SIGXFSZ') {
    const message = `A file passed ${limits.diskBytes} bytes. Raise resources.disk if the command needs more.`;
    return { error: new SkillError('DISK_LIMIT', message) };
  }
  if (killedBy !== null) {
    const details = { signal: killedBy };
    return {
      error: new SkillError('TOOL_FAILED', `The command was ended by ${killedBy}.`, { details }),
    };
  }
  return { exitCode: exitCode ?? 1 };
}
