import { posix } from 'node:path';
import { folded, givesOption, isOption } from '../arguments/option.ts';
import { wildcard } from '../arguments/wildcard.ts';
import type { CommandRule } from './types.ts';

/** Name of a command without its directory. */
export const commandName = (text: string): string => folded(text.slice(text.lastIndexOf('/') + 1));

export const names = (rule: { readonly commands: readonly string[] }, command: string): boolean => {
  const name = commandName(command);
  // `gcc-12` and `python3.11` are what they are without their version.
  const bare = name.replace(/(?:[-.]?\d[\d.]*|\.(?:exe|real|distrib|orig|bin))$/, '');
  return rule.commands.some((one) => {
    const pattern = folded(one);
    return wildcard(pattern, name) || (bare !== '' && wildcard(pattern, bare));
  });
};

/** What is known of how a command is run. */
export interface Circumstances {
  /** It reads what others write. */
  readonly input: boolean;
  /** It gets further arguments that are not known. */
  readonly open: boolean;
}

/** An argument and what it gives to an option, a key, or a short option that it is glued to. */
function values(argument: string): readonly string[] {
  const at = argument.indexOf('=');
  const short = /^-[^-]/u.test(argument) ? [argument.slice(2)] : [];
  return [
    isOption(argument) ? [] : [argument],
    at < 0 ? [] : [argument.slice(at + 1)],
    short,
  ].flat();
}

/** Paths without `.`, `..` and doubled slashes, wherever in the text they begin. */
const word = (text: string): string => {
  const plain = folded(text).replace(/\/(?:\.?\/)+/g, '/');
  return plain.startsWith('/') ? posix.normalize(plain) : plain;
};

function hasOption(
  rule: CommandRule,
  options: readonly string[],
  args: readonly string[],
): boolean {
  const [first = ''] = args;
  const bundle = rule.bundled && first !== '' && !isOption(first) ? [`-${first}`] : [];
  return options.some((option) => [...args, ...bundle].some((arg) => givesOption(option, arg)));
}

/** The arguments begin with the phrase. What other options without `=` take with them is not known, so there is none. */
function beginsWith(
  phrase: string,
  args: readonly string[],
  { flags = [], values: taking = [] }: NonNullable<CommandRule['before']>,
): boolean {
  let start = 0;
  for (; start < args.length; start += 1) {
    const arg = args[start]!;
    if (taking.includes(arg)) start += 1;
    else if (!flags.includes(arg) && !/^--?[A-Za-z][A-Za-z-]*=/.test(arg)) break;
  }
  const wanted = phrase.split(' ');
  return start < args.length && wanted.every((one, index) => args[start + index] === one);
}

/** Whether the rule refuses the command. */
export function refuses(
  rule: CommandRule,
  [command = '', ...args]: readonly string[],
  { input, open }: Circumstances,
): boolean {
  if (!names(rule, command)) return false;
  if (rule.input && !input) return false;
  if (rule.unless?.some((option) => args[0] === option)) return false;
  if (rule.only !== undefined)
    return !rule.only.some((phrase) => beginsWith(phrase, args, rule.before ?? {}));
  // Where arguments are added that nobody sees, they may be any.
  if (open && !rule.commands.includes('*')) return true;
  if (rule.options && !hasOption(rule, rule.options, args)) return false;
  if (rule.also && !hasOption(rule, rule.also, args)) return false;
  const all = args.flatMap((arg) => values(arg)).map((text) => word(text));
  if (rule.words && !rule.words.some((one) => all.some((text) => wildcard(word(one), text)))) {
    return false;
  }
  if (rule.verbs) {
    const verbs = new Set(rule.verbs);
    const found = all.some((text) => text.split(/[^a-z]+/).some((part) => verbs.has(part)));
    if (!found) return false;
  }
  const patterns = rule.matches?.map((source) => new RegExp(source, 'u'));
  return !patterns || patterns.some((pattern) => args.some((arg) => pattern.test(arg)));
}
