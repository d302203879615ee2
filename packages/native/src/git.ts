/** What keeps `git` from programs that the configuration of a repository names. */
import { basename } from 'node:path';
import type { ResolvedCommand } from './commands.ts';

/**
 * Programs that `git status`, `git log` and the like start by themselves. Filters and drivers of attributes have names of
 * their own choice, and `diff.external` cannot be taken back: whose repository it is, has to be trusted all the same.
 */
const settings: readonly (readonly [string, string])[] = [
  ['core.fsmonitor', 'false'],
  ['core.hooksPath', '/dev/null'],
  ['core.sshCommand', 'ssh'],
  ['core.gitProxy', 'none'],
  ['core.alternateRefsCommand', 'false'],
  ['core.askPass', ''],
  ['core.editor', 'false'],
  ['sequence.editor', 'false'],
  ['core.pager', 'cat'],
  ['credential.helper', ''],
  ['log.showSignature', 'false'],
  ['gpg.program', 'gpg'],
  ['gpg.openpgp.program', 'gpg'],
  ['gpg.x509.program', 'gpgsm'],
  ['gpg.ssh.program', 'ssh-keygen'],
  ['protocol.ext.allow', 'never'],
  // Not what a work tree holds that looks like a repository.
  ['safe.bareRepository', 'explicit'],
];

/** They win over every file; names of this kind pass from nowhere else. */
export const gitVariables: Readonly<Record<string, string>> = Object.fromEntries([
  ['GIT_TERMINAL_PROMPT', '0'],
  ['GIT_CONFIG_COUNT', String(settings.length)],
  ...settings.flatMap(([key, value], at) => [
    [`GIT_CONFIG_KEY_${at}`, key],
    [`GIT_CONFIG_VALUE_${at}`, value],
  ]),
]);

/** Whether one of the commands is git, by the name that the manifest has or by its file. */
export function haveGit(commands: readonly Pick<ResolvedCommand, 'name' | 'file'>[]): boolean {
  return commands.some(({ name, file }) =>
    [name, file].some((path) => basename(path).toLowerCase().startsWith('git')),
  );
}
