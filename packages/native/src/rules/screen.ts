import { neverSet } from '../environment.ts';
import { ShellRefusal } from '../shell/parse.ts';
import { defaultRules } from './defaults.ts';
import { commandName, names, refuses } from './match.ts';
import type { NativeRule, RuleFinding } from './types.ts';
import { unwrap, type Inner } from './unwrap.ts';

/** What is to be known of a command line before it is run. */
export interface Screening {
  /** The first rule that refuses it; `undefined` if none does. */
  readonly refused: RuleFinding | undefined;
  /** What it runs on this machine, itself first: each command with its arguments. */
  readonly commands: readonly (readonly string[])[];
  /** Files that redirections within it read or write. */
  readonly files: readonly { readonly path: string; readonly writes: boolean }[];
  /** The first of `commands` to which another one adds arguments that are not seen here; `undefined` if there is none. */
  readonly open: readonly string[] | undefined;
}

/** How a command line is run. */
export interface ScreenOptions {
  /** Default: {@link defaultRules}. */
  readonly rules?: readonly NativeRule[];
  /** Whether the caller gives it something to read. Default: false. */
  readonly input?: boolean;
  /** Further names of commands by their name, such as that of the file that a link leads to. Default: none. */
  readonly alsoNamed?: ReadonlyMap<string, string>;
}

const depthLimit = 8;
const sizeLimit = 2000;

/**
 * Judges a command line, and every command that is found within it, by rules. It reads text alone: what a program does
 * with its files, or with options that no rule knows, it cannot see.
 *
 * @param argv the command, by name or path, and its arguments
 */
export function screenCommand(argv: readonly string[], options: ScreenOptions = {}): Screening {
  const { rules = defaultRules, input = false, alsoNamed } = options;
  const commands: (readonly string[])[] = [];
  const files: { path: string; writes: boolean }[] = [];
  let open: readonly string[] | undefined;
  const queue: { inner: Inner; depth: number }[] = [
    { inner: { argv, here: true, input, open: false }, depth: 0 },
  ];
  const refuse = (rule: string, reason: string, command: readonly string[]): Screening => ({
    refused: { rule, reason, command },
    commands,
    files,
    open,
  });
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { inner, depth } = next;
    const [name = '', ...args] = inner.argv;
    if (depth > depthLimit || commands.length > sizeLimit) {
      return refuse('unreadable', 'commands within commands, too deep to be judged', inner.argv);
    }
    if (inner.here) commands.push(inner.argv);
    if (inner.open) open ??= inner.argv;
    const other = alsoNamed?.get(name);
    for (const called of other === undefined || other === commandName(name)
      ? [name]
      : [name, other]) {
      const found = judge(rules, [called, ...args], inner);
      if (found !== undefined) return refuse(found.name, found.reason, inner.argv);
      for (const rule of rules) {
        if (rule.kind !== 'runs' || !names(rule, called)) continue;
        const found = unwrap(rule, args, inner);
        if (found instanceof ShellRefusal) {
          return refuse(rule.name, `what it runs cannot be told: it has ${found.why}`, inner.argv);
        }
        const variable = found.variables.find((one) => neverSet(one));
        if (variable !== undefined) {
          return refuse('variables', `${variable} decides what programs run`, inner.argv);
        }
        for (const file of found.files) {
          const device = judge(rules, ['>', file.path], inner);
          if (device !== undefined) return refuse(device.name, device.reason, ['>', file.path]);
        }
        files.push(...found.files);
        for (const one of found.commands) {
          queue.push({ inner: { ...one, here: one.here && inner.here }, depth: depth + 1 });
        }
      }
    }
  }
  return { refused: undefined, commands, files, open };
}

function judge(
  rules: readonly NativeRule[],
  argv: readonly string[],
  { input, open }: { readonly input: boolean; readonly open: boolean },
) {
  for (const rule of rules) {
    if (rule.kind === 'refuse' && refuses(rule, argv, { input, open })) return rule;
  }
  return undefined;
}
