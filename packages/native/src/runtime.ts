import { isAbsolute, normalize } from 'node:path';
import { realpath } from 'node:fs/promises';
import { SkillError } from '@skill-engine/engine';
import type {
  NativeSkillManifest,
  Runtime,
  RuntimeSession,
  RuntimeSkill,
} from '@skill-engine/engine';
import { defaultSearchPath, digestOfAll, resolveCommand, usableSearchPath } from './commands.ts';
import { neverPasses } from './environment.ts';
import { findGrants } from './paths.ts';
import { detectLauncher, layersOf } from './process/launcher.ts';
import { defaultRules } from './rules/defaults.ts';
import type { NativeRule } from './rules/types.ts';
import { checkRules } from './rules/check.ts';
import { runCall, type OpenedSkill } from './run-call.ts';
import { runTool } from './tool.ts';

/** What the embedding program decides about native commands. */
export interface NativeRuntimeOptions {
  /** What is refused whatever a manifest says. Default: {@link defaultRules}. */
  readonly rules?: readonly NativeRule[];
  /**
   * Absolute directories in which commands are found, in order; also the command's own `PATH`. Those that are not there
   * or that everybody may write to are left out. Default: the usual directories of the system.
   */
  readonly searchPath?: readonly string[];
}

/**
 * Runs skills that are commands of the machine. There is no sandbox around them: a command has the rights of the
 * program that runs the engine, and what is refused is refused before it starts.
 *
 * @throws SkillError INVALID_OPTIONS for a search path that is not absolute, or rules that are none
 */
export function createNativeRuntime(options: NativeRuntimeOptions = {}): Runtime {
  const { rules = defaultRules, searchPath = defaultSearchPath } = options;
  for (const directory of searchPath) {
    if (isAbsolute(directory) && normalize(directory) === directory && !directory.includes(':'))
      continue;
    const message = `The search path has ${JSON.stringify(directory)}; each of its directories is absolute, without \`..\` and \`:\`.`;
    throw new SkillError('INVALID_OPTIONS', message);
  }
  checkRules(rules);
  return {
    kind: 'native',
    open: (skill) => open(skill, { rules, searchPath }),
  };
}

async function open(
  { manifest, baseDir, effective }: RuntimeSkill,
  { rules, searchPath }: Required<NativeRuntimeOptions>,
): Promise<RuntimeSession> {
  if (manifest.runtime !== 'native') {
    throw new SkillError('RUNTIME_UNSUPPORTED', `${manifest.name} is no native skill.`);
  }
  if (process.platform === 'win32') {
    const why =
      'native skills run on Linux and macOS: Windows has no argument vectors and no process groups';
    throw new SkillError('RUNTIME_UNSUPPORTED', `${manifest.name} cannot be run here: ${why}.`);
  }
  checkEnvironment(manifest);
  const writable = effective.filesystem.grants.filter(({ access }) => access === 'read-write');
  const real = (path: string) => realpath(path).catch(() => path);
  const untrusted = {
    baseDir: await real(baseDir),
    writable: await Promise.all(writable.map(({ path }) => real(path))),
  };
  const path = await usableSearchPath(searchPath, untrusted);
  const commands = await Promise.all(
    manifest.allowedCommands.commands.map((name) => resolveCommand(name, path, untrusted)),
  );
  const launcher = await detectLauncher();
  const found = await findGrants(effective);
  const skill: OpenedSkill = { manifest, effective, found, rules, commands, launcher, path };
  return {
    sha256: digestOfAll(commands),
    tools: [runTool(manifest)],
    layers: [
      'no sandbox: runs with the rights of the operator',
      'no shell',
      'allowlist of commands and arguments',
      'rules for destructive commands',
      'own environment',
      'own process group',
      ...layersOf(launcher),
    ],
    run: (call) => runCall(skill, call),
    close: async () => {},
  };
}

/** `PATH` is fixed; to list it changes nothing, and many manifests do. */
function checkEnvironment({ name, capabilities }: NativeSkillManifest): void {
  const listed = capabilities.environment.allowlist.find(
    (entry) => entry !== 'PATH' && !entry.includes('*') && neverPasses(entry),
  );
  if (listed === undefined) return;
  const message = `${name} asks for the variable ${listed}, which decides what code a command runs, and never passes. Take it out of the allowlist.`;
  throw new SkillError('RUNTIME_UNSUPPORTED', message, { details: { variable: listed } });
}
