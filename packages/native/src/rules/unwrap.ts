/** What a command runs in its turn. */
import { parseShell, ShellRefusal } from '../shell/parse.ts';
import type { WrapperRule } from './types.ts';

/** A command within another. */
export interface Inner {
  readonly argv: readonly string[];
  /** On this machine, with the search path of the call. */
  readonly here: boolean;
  readonly input: boolean;
  readonly open: boolean;
}

/** What a command runs, sets and touches. */
export interface Unwrapped {
  readonly commands: readonly Inner[];
  readonly variables: readonly string[];
  readonly files: readonly { readonly path: string; readonly writes: boolean }[];
}

const nothing: Unwrapped = { commands: [], variables: [], files: [] };

/** What the rule finds in the arguments, or why that cannot be told. */
export function unwrap(
  rule: WrapperRule,
  args: readonly string[],
  outer: { readonly input: boolean; readonly open: boolean },
): Unwrapped | ShellRefusal {
  if (rule.runs === 'actions') return actions(rule, args, outer.input);
  const start = skipOptions(rule, args);
  if (start instanceof ShellRefusal) return start;
  if (rule.runs === 'shell') return shell(args, start, outer);
  let at = start.end + (rule.operands ?? 0);
  const variables: string[] = [];
  for (; rule.assignments && at < args.length; at += 1) {
    const [, name] = /^([^=]*)=/.exec(args[at]!) ?? [];
    if (name === undefined) break;
    variables.push(name);
  }
  const argv = args.slice(at);
  if (rule.runs === 'remote') {
    if (argv.length === 0) return new ShellRefusal('a session of its own');
    if (argv[0]!.startsWith('-')) return new ShellRefusal('an option behind the host');
    const text = ofText(argv.join(' '), { ...outer, here: false });
    return text instanceof ShellRefusal ? text : { ...text, variables: [], files: [] };
  }
  if (argv.length === 0 && outer.open) return new ShellRefusal('a command that nobody sees');
  if (argv.length === 0) return rule.adds ? nothing : { ...nothing, variables };
  const open = rule.adds === true || outer.open;
  return { commands: [{ argv, here: true, input: outer.input, open }], variables, files: [] };
}

interface Options {
  /** Index of what is no option. */
  readonly end: number;
  readonly given: readonly string[];
}

/** Only options that are known: what another one takes with it, nobody knows, so the command could be any word. */
function skipOptions(rule: WrapperRule, args: readonly string[]): Options | ShellRefusal {
  const { flags = {}, values = {} } = rule;
  const given: string[] = [];
  let at = 0;
  while (at < args.length) {
    const arg = args[at]!;
    // To some it is an option, to some the end of them, to others a command.
    if (arg === '-' || arg === '+') return new ShellRefusal('a lone `-` or `+`');
    if (!/^[-+]./.test(arg)) break;
    at += 1;
    if (arg === '--') break;
    const unknown = new ShellRefusal(`the option ${JSON.stringify(arg.slice(0, 80))}`);
    if (arg.startsWith('--')) {
      const name = arg.split('=', 1)[0]!;
      given.push(name);
      if (values.long?.includes(name)) at += arg.includes('=') ? 0 : 1;
      else if (!flags.long?.includes(arg)) return unknown;
      continue;
    }
    const letters = arg.slice(1);
    for (let index = 0; index < letters.length; index += 1) {
      const letter = letters[index]!;
      given.push(`${arg[0]}${letter}`);
      if (values.short?.includes(letter)) {
        if (index === letters.length - 1) at += 1;
        break;
      }
      if (!flags.short?.includes(letter)) return unknown;
    }
  }
  return { end: at, given };
}

/** Of `-o`. Others change how the text is read. */
const harmlessOptions = new Set([
  'errexit',
  'nounset',
  'pipefail',
  'noglob',
  'noclobber',
  'xtrace',
]);

function shell(
  args: readonly string[],
  { end, given }: Options,
  outer: { readonly input: boolean; readonly open: boolean },
): Unwrapped | ShellRefusal {
  const text = args[end];
  const strange = args.slice(0, end).find((arg) => !/^[-+]/.test(arg) && !harmlessOptions.has(arg));
  if (strange !== undefined)
    return new ShellRefusal(`the option ${JSON.stringify(strange.slice(0, 80))}`);
  if (!given.includes('-c') || text === undefined) {
    return new ShellRefusal('a script, or commands that it reads');
  }
  // What is added becomes parameters of a text that uses none.
  return ofText(text, { here: true, input: outer.input, open: false });
}

function ofText(text: string, outer: Omit<Inner, 'argv'>): Unwrapped | ShellRefusal {
  const commands = parseShell(text);
  if (commands instanceof ShellRefusal) return commands;
  return {
    commands: commands.map(({ words, input }) => ({
      ...outer,
      argv: words,
      input: input || outer.input,
    })),
    variables: commands.flatMap(({ variables }) => variables),
    files: commands.flatMap(({ files }) => files),
  };
}

/** `find`: what stands between `-exec` and `;` or `+`. */
function actions(rule: WrapperRule, args: readonly string[], input: boolean): Unwrapped {
  const names = rule.values?.long ?? [];
  const commands: Inner[] = [];
  for (const [index, arg] of args.entries()) {
    if (!names.includes(arg)) continue;
    const rest = args.slice(index + 1);
    const end = rest.findIndex((one) => one === ';' || one === '+');
    const argv = end < 0 ? rest : rest.slice(0, end);
    if (argv.length > 0) commands.push({ argv, here: true, input, open: false });
  }
  return { commands, variables: [], files: [] };
}
