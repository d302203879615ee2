/** Splits a command line into flags, positionals and what follows `--`. */
import { parseArgs } from 'node:util';
import { SkillError, suggest } from '@skill-engine/engine';

export interface FlagSpec {
  readonly type: 'string' | 'boolean';
  /** One letter. */
  readonly short?: string;
  /** May be given several times. */
  readonly multiple?: boolean;
  /** The value may be left out, and is then empty. Without `=`, what follows is the value only if it is of this form. */
  readonly optional?: RegExp;
}

export type FlagTable = Readonly<Record<string, FlagSpec>>;

/** A long flag that is not in the table. */
export interface OtherFlag {
  readonly name: string;
  /** `undefined` for a bare `--name`. */
  readonly value: string | undefined;
}

export interface CommandLine {
  readonly positionals: readonly string[];
  /** What follows `--`; `undefined` without one. */
  readonly rest: readonly string[] | undefined;
  /** In their order; empty unless asked for. */
  readonly others: readonly OtherFlag[];
  has(flag: string): boolean;
  /** The value of a flag that takes one. */
  one(flag: string): string | undefined;
  all(flag: string): readonly string[];
  /** The positional right behind a flag whose value was left out: it may have been meant as that value. */
  behind(flag: string): string | undefined;
  /** Flags that were given, once each, in the order of the verb's table. */
  readonly given: readonly string[];
}

export interface SplitOptions {
  readonly verb: string;
  readonly flags: FlagTable;
  /** Collects flags that are not in the table: `--name value`, `--name=value`, or a bare `--name`. */
  readonly collectOthers?: boolean;
}

/** @throws SkillError INVALID_OPTIONS for unknown flags, missing and superfluous values */
export function splitArguments(args: readonly string[], options: SplitOptions): CommandLine {
  const { flags: table, collectOthers = false } = options;
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      Object.entries(table).map(([name, spec]) => [
        name,
        // What takes no value leaves the next argument alone.
        { ...spec, type: spec.optional === undefined ? spec.type : 'boolean' },
      ]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values = new Map<string, string[]>();
  const behind = new Map<string, string>();
  const positionals: string[] = [];
  const others: OtherFlag[] = [];
  let rest: string[] | undefined;
  /** Index of an argument that was taken as the value of an unknown flag, or of one whose value may be left out. */
  let taken = -1;
  for (const token of tokens) {
    if (token.index === taken || rest !== undefined) continue;
    if (token.kind === 'positional') {
      if (others.length > 0) throw misplaced(token.value, others.at(-1)!);
      positionals.push(token.value);
    } else if (token.kind === 'option-terminator') rest = args.slice(token.index + 1);
    else if (Object.hasOwn(table, token.name)) {
      const spec = table[token.name] as FlagSpec;
      const before = values.get(token.name) ?? [];
      if (before.length > 0 && spec.multiple !== true) {
        throw usage(options.verb, `${token.rawName} is given twice`);
      }
      const next = token.inlineValue === true ? undefined : args[token.index + 1];
      if (spec.optional === undefined) {
        values.set(token.name, [...before, valueOf(spec, token, options.verb)]);
      } else if (next !== undefined && spec.optional.test(next)) {
        taken = token.index + 1;
        values.set(token.name, [...before, next]);
      } else {
        values.set(token.name, [...before, token.value ?? '']);
        if (next !== undefined && !next.startsWith('-')) behind.set(token.name, next);
      }
    } else if (!collectOthers || !token.rawName.startsWith('--')) {
      throw unknownFlag(options.verb, token.rawName, Object.keys(table));
    } else {
      const next = token.inlineValue === true ? undefined : args[token.index + 1];
      const follows = next !== undefined && !next.startsWith('--');
      if (follows) taken = token.index + 1;
      others.push({ name: token.name, value: follows ? next : token.value });
    }
  }
  return {
    positionals,
    rest,
    others,
    has: (flag) => values.has(flag),
    one: (flag) => values.get(flag)?.[0],
    all: (flag) => values.get(flag) ?? [],
    behind: (flag) => behind.get(flag),
    given: Object.keys(table).filter((flag) => values.has(flag)),
  };
}

/**
 * Of a verb with several forms: a flag that is another form's would be without effect, and somebody would rely on it.
 *
 * @param form as it is written, such as `show`
 * @throws SkillError INVALID_OPTIONS
 */
export function onlyFlags(
  line: CommandLine,
  { verb, form, allowed }: { verb: string; form: string; allowed: readonly string[] },
): void {
  const odd = line.given.find((flag) => !allowed.includes(flag));
  if (odd === undefined) return;
  const takes = allowed.map((flag) => `--${flag}`).join(', ');
  throw usage(verb, `--${odd} does nothing with ${form}, which takes ${takes}`);
}

interface OptionToken {
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function valueOf(spec: FlagSpec, token: OptionToken, verb: string): string {
  const { rawName, value, inlineValue } = token;
  if (spec.type === 'boolean') {
    if (inlineValue === true) throw usage(verb, `${rawName} takes no value`);
    return 'true';
  }
  // Without `=`, a value that looks like a flag is one more flag, and the value was forgotten.
  if (value === undefined || (inlineValue !== true && value.startsWith('-') && value !== '-')) {
    throw usage(verb, `${rawName} needs a value`);
  }
  return value;
}

function misplaced(text: string, flag: OtherFlag): SkillError {
  return new SkillError(
    'INVALID_OPTIONS',
    `${JSON.stringify(text)} stands after the parameter --${flag.name}. ` +
      'SKILL and TOOL come first; a parameter takes one value, further ones as --name value again.',
  );
}

/** An unknown flag, with the known one that was most likely meant. */
export function unknownFlag(verb: string, flag: string, known: readonly string[]): SkillError {
  const near = suggest(flag.replace(/^-+/, ''), known);
  return usage(
    verb,
    `there is no flag ${JSON.stringify(flag)}${near === undefined ? '' : `; did you mean --${near}?`}`,
  );
}

export function usage(verb: string, problem: string): SkillError {
  return new SkillError(
    'INVALID_OPTIONS',
    `skill ${verb}: ${problem.replace(/[^?.!]$/, '$&.')} See: skill help ${verb}`,
  );
}
