/** What a skill that is no component runs, and what can go wrong with that, in plain words. Pure; the texts are raw. */
import type { AllowedCommands, DockerEntry, SkillManifest } from '../manifest/types.ts';

/** What runs outside of the engine's own sandbox. */
export type RunsOutside =
  | { readonly runtime: 'native'; readonly allowedCommands: AllowedCommands }
  | { readonly runtime: 'docker'; readonly docker: DockerEntry };

/** What a skill runs outside of the sandbox; `undefined` for a component. */
export function runsOutside(manifest: SkillManifest): RunsOutside | undefined {
  switch (manifest.runtime) {
    case 'wasm':
      return undefined;
    case 'native':
      return { runtime: 'native', allowedCommands: manifest.allowedCommands };
    case 'docker':
      return { runtime: 'docker', docker: manifest.docker };
  }
}

/** One line for each command, or for the container. */
export function runsWords(runs: RunsOutside): readonly string[] {
  if (runs.runtime === 'docker') {
    const { image, command, user, readOnly, capDrop } = runs.docker;
    const what = command === undefined ? 'what the image starts' : JSON.stringify(command);
    const root = readOnly ? '' : ', its own files can change';
    const dropped = capDrop.includes('ALL')
      ? ''
      : `, kernel capabilities but ${capDrop.join(', ')}`;
    return [`container ${JSON.stringify(image)}: ${what}, as ${user}${root}${dropped}`];
  }
  const { commands, allowedArgs, forbiddenArgs } = runs.allowedCommands;
  const list = (args: readonly string[]): string =>
    args.map((one) => JSON.stringify(one)).join(', ');
  const allowed = allowedArgs.length === 0 ? 'no arguments' : `arguments ${list(allowedArgs)}`;
  const never = forbiddenArgs.length === 0 ? '' : `, never ${list(forbiddenArgs)}`;
  return commands.map((command) => `command ${JSON.stringify(command)}: ${allowed}${never}`);
}

export function runsRisks(runs: RunsOutside): readonly string[] {
  if (runs.runtime === 'docker') {
    return [
      'Whatever is in the image runs, behind the walls of a container and not of the sandbox.',
    ];
  }
  return [
    'Its commands run as you, on this machine, outside of any sandbox: what a command can do with these arguments, the skill can do.',
  ];
}
