/** Denials of commands, with the section of the manifest as it would have to read. */
import type {
  AllowedCommands,
  Denial,
  DenialCode,
  NativeSkillManifest,
} from '@skill-engine/engine';
import { allows } from './arguments/allowed.ts';
import type { ArgumentRefusal } from './arguments/judge.ts';
import { forbids } from './arguments/forbidden.ts';
import { badCharacters } from './arguments/characters.ts';
import type { RuleFinding } from './rules/types.ts';

function toml(text: string): string {
  return JSON.stringify(text).replaceAll('\u007f', '\\u007f');
}

function section(manifest: NativeSkillManifest, lists: AllowedCommands): readonly string[] {
  const table = manifest.source.keyPath.startsWith('skills') ? 'skills' : 'skill';
  const line = (key: string, values: readonly string[]): readonly string[] =>
    values.length === 0 ? [] : [`${key} = [${values.map(toml).join(', ')}]`];
  return [
    `[${table}.allowed_commands]`,
    ...line('commands', lists.commands),
    ...line('allowed_args', lists.allowedArgs),
    ...line('forbidden_args', lists.forbiddenArgs),
    ...line('env_allowlist', lists.envAllowlist ?? []),
    ...line('env_blocklist', lists.envBlocklist ?? []),
  ];
}

function denied(
  code: DenialCode,
  resource: string,
  rule: string,
  allow: readonly string[] = [],
): Denial {
  return { code, resource: resource.slice(0, 1024), operation: 'execute', rule, allow, count: 1 };
}

/** For a command that is not in the manifest. */
export function denyCommand(manifest: NativeSkillManifest, command: string): Denial {
  const lists = manifest.allowedCommands;
  const isName = /^[A-Za-z0-9._+/-]+$/.test(command) && !command.includes('..');
  const allow = isName
    ? section(manifest, { ...lists, commands: [...lists.commands, command] })
    : [];
  return denied('COMMAND_NOT_ALLOWED', command, 'declared: commands does not have it', allow);
}

/**
 * For an argument that the lists refuse; the lines are those that all arguments of the call need.
 *
 * @param isInner whether they are those of a command within another, where nothing has to list them
 */
export function denyArgument(
  manifest: NativeSkillManifest,
  args: readonly string[],
  { argument, why }: ArgumentRefusal,
  isInner = false,
): Denial {
  const { commands, allowedArgs, forbiddenArgs } = manifest.allowedCommands;
  // A `*` in an entry stands for any characters, and cannot be written otherwise.
  const hopeless = args.some((one) => badCharacters(one) !== undefined || one.includes('*'));
  const missing = (isInner ? [] : args).filter(
    (one) => !allowedArgs.some((entry) => allows(entry, one)),
  );
  const kept = forbiddenArgs.filter((entry) => !args.some((_, at) => forbids(entry, args, at)));
  const lists = {
    ...manifest.allowedCommands,
    commands,
    allowedArgs: [...new Set([...allowedArgs, ...missing])],
    forbiddenArgs: kept,
  };
  const allow = hopeless ? [] : section(manifest, lists);
  return denied('COMMAND_ARGUMENT', argument, `declared: ${why}`, allow);
}

/** For what a rule refuses; no manifest can allow it. */
export function denyByRule({ rule, reason, command }: RuleFinding): Denial {
  return denied('COMMAND_RULE', command.join(' '), `rule ${rule}: ${reason}`);
}

/** For a file that is not the one that was there when the skill was brought up. */
export function denyChanged(command: string, file: string): Denial {
  const why =
    'the file was changed or replaced since the skill was loaded; look at it, and load the skill again';
  return denied('COMMAND_CHANGED', `${command} (${file})`, why);
}

/** For a command that another one, such as `xargs`, gives arguments that cannot be judged before. */
export function denyUnseen(command: readonly string[]): Denial {
  const why =
    'its further arguments are not seen, so forbidden_args has to be empty and allowed_args to have "*" and "-*"';
  return denied('COMMAND_ARGUMENT', command.join(' '), `declared: ${why}`);
}
