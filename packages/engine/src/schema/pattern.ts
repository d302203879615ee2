import { RE2JS } from 're2js';

/** Longest regular expression, in UTF-16 units. */
const MAX_LENGTH = 1024;
/** Largest compiled program, in instructions: bounds what each character of a text costs. */
const MAX_PROGRAM = 2000;

/** A regular expression that runs in time proportional to text × {@link size}. */
export interface LinearPattern {
  /** Instructions of the compiled program. */
  readonly size: number;
  /** Whether the expression matches anywhere in the text. */
  readonly test: (text: string) => boolean;
}

/** Why an expression is refused, as a phrase without a full stop. `syntax`: it is not valid at all. */
export class PatternProblem extends Error {
  readonly syntax: boolean;

  constructor(message: string, syntax: boolean) {
    super(message);
    this.syntax = syntax;
  }
}

/**
 * Compiles a JSON Schema `pattern` (ECMA-262, flag `u`, not anchored) for RE2's automaton, which cannot
 * backtrack. An expression must be valid for both; lookaround and backreferences do not exist in RE2.
 *
 * @throws PatternProblem
 */
export function compilePattern(source: string): LinearPattern {
  if (source.length > MAX_LENGTH) {
    throw new PatternProblem(
      `the regular expression is longer than ${MAX_LENGTH} characters`,
      false,
    );
  }
  parseAsEcma(source);
  const compiled = compileLinear(source);
  const size = compiled.programSize();
  if (size > MAX_PROGRAM) {
    throw new PatternProblem(
      `the regular expression compiles to ${size} instructions, more than ${MAX_PROGRAM}; lower its repetition counts`,
      false,
    );
  }
  return { size, test: (text) => compiled.test(text) };
}

/** Only parsed, never run: it keeps RE2's own syntax, which ECMAScript reads differently, out. */
function parseAsEcma(source: string): RegExp {
  try {
    return new RegExp(source, 'u');
  } catch (error) {
    throw new PatternProblem((error as Error).message, true);
  }
}

function compileLinear(source: string): RE2JS {
  try {
    return RE2JS.compile(RE2JS.translateRegExp(withEcmaClasses(source)));
  } catch (error) {
    const reason = (error as Error).message.replace(/^error parsing regexp: /, '');
    throw new PatternProblem(
      `the regular expression cannot run in linear time (${reason}); lookahead, lookbehind, backreferences and ` +
        'long property names are not available',
      false,
    );
  }
}

const SPACES =
  '\\t\\n\\x0b\\f\\r \\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}';

const NON_SPACES =
  '\\x00-\\x08\\x0e-\\x1f\\x21-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}' +
  '\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}';

/**
 * Rewrites the classes whose meaning differs between ECMA-262 and RE2 (`.`, `\s`, `\S`, and `[\b]`), and refuses
 * what the translation would silently read as something else: `\k<name>` and groups with flags.
 */
function withEcmaClasses(source: string): string {
  let inClass = false;
  return source.replace(/\\[^]|\(\?[^:=!<]|[.[\]]/gu, (token) => {
    if (token === '\\k') throw new Error('a backreference');
    if (token.startsWith('(?') && !inClass) throw new Error('a group with flags');
    if (token === '[' && !inClass) inClass = true;
    else if (token === ']') inClass = false;
    else if (token === '.' && !inClass) return '[^\\n\\r\\x{2028}\\x{2029}]';
    else if (token === '\\s') return inClass ? SPACES : `[${SPACES}]`;
    else if (token === '\\S') return inClass ? NON_SPACES : `[${NON_SPACES}]`;
    else if (token === '\\b' && inClass) return '\\x08';
    return token;
  });
}
