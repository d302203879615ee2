/** Rules about commands, as plain data: operators read, extend and replace them. */

/**
 * Refuses a command. Each condition that is given has to hold; a rule without one refuses the command whatever its
 * arguments are. Names and words are compared without regard to case.
 */
export interface CommandRule {
  readonly kind: 'refuse';
  /** Told in denials. */
  readonly name: string;
  /** Why, for people; one sentence. */
  readonly reason: string;
  /** Names of commands without their directory; `*` stands for any characters. */
  readonly commands: readonly string[];
  /**
   * Holds if one of these options is given, in whatever form: with `=value`, abbreviated, joined with others, with
   * its value glued to it. `-exec`, a long name after one dash, has no abbreviations.
   */
  readonly options?: readonly string[];
  /** As `options`, where both have to be given. */
  readonly also?: readonly string[];
  /** Holds if an argument, or what stands behind a `=` in it, is one of these words; `*` stands for any characters. */
  readonly words?: readonly string[];
  /** Holds if a part of an argument between dashes is one of these words: `delete` is in `batch-delete-image`. */
  readonly verbs?: readonly string[];
  /** Holds if an argument has a match of one of these regular expressions, in its own case. */
  readonly matches?: readonly string[];
  /** Holds unless the arguments begin with one of these phrases; before it only options with `=` may stand, and `before`. */
  readonly only?: readonly string[];
  /** Options that may stand before a phrase of `only`: those without a value, and those with one. */
  readonly before?: { readonly flags?: readonly string[]; readonly values?: readonly string[] };
  /** Does not hold if one of these options is the first argument. */
  readonly unless?: readonly string[];
  /** Holds if it reads what another command, a file or the caller gives to its standard input. */
  readonly input?: true;
  /** The first argument may be short options without a dash, as with `tar`. */
  readonly bundled?: true;
}

/** Says of a command that it runs another one, which is then judged too. */
export interface WrapperRule {
  readonly kind: 'runs';
  /** For people. */
  readonly name: string;
  /** Names of commands without their directory. */
  readonly commands: readonly string[];
  /**
   * What it runs: its further `arguments`; the same after an option such as `-exec`; the text after `-c` as a
   * `shell`; or its arguments, joined, by the shell of another machine.
   */
  readonly runs: 'arguments' | 'actions' | 'shell' | 'remote';
  /** Options without a value: the letters of short ones, and long ones. What is not listed is refused. */
  readonly flags?: { readonly short?: string; readonly long?: readonly string[] };
  /** Options with one. */
  readonly values?: { readonly short?: string; readonly long?: readonly string[] };
  /** How many arguments stand before the command. Default: none. */
  readonly operands?: number;
  /** Whether `NAME=value` may stand before the command. Default: no. */
  readonly assignments?: true;
  /** Whether it adds arguments that nobody sees. Default: no. */
  readonly adds?: true;
}

/** One rule. */
export type NativeRule = CommandRule | WrapperRule;

/** Why a command is refused. */
export interface RuleFinding {
  /** Name of the rule. */
  readonly rule: string;
  /** Why, for people. */
  readonly reason: string;
  /** The command that it is about, which may be one within another. */
  readonly command: readonly string[];
}
