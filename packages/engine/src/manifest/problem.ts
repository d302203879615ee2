/** What is wrong with a manifest, and how it is told. */
import { SkillError } from '../errors.ts';
import type { SourceSpan } from './types.ts';

/** Plain data; stands in `details.problems` of the error. */
export interface Problem extends SourceSpan {
  /** As it stands in the file, made visible and cut. */
  readonly found: string;
  readonly allowed: string;
  readonly suggestion?: string;
  /** `file:line:column: key.path: found …, allowed …`, in one line. */
  readonly message: string;
}

/** More than these are counted, not listed. */
const maximumListed = 50;

/**
 * Text of a hostile file, safe to print: whatever is not printable ASCII becomes `\u{…}`, so that neither a terminal
 * sequence nor a letter that looks like another goes unseen.
 */
export function visible(text: string, maximum = 60): string {
  const cut = text.length > maximum ? `${text.slice(0, maximum)}…` : text;
  let result = '';
  for (const character of cut) {
    const code = character.codePointAt(0) ?? 0;
    const printable = (code >= 0x20 && code < 0x7f) || character === '…';
    result += printable ? character : `\\u{${code.toString(16)}}`;
  }
  return result;
}

export function quoted(text: string): string {
  return `"${visible(text).replaceAll('"', '\\"')}"`;
}

const bareKey = /^[A-Za-z0-9_-]+$/;

/** `skills[0].tools."odd key"`. */
export function joinKey(path: string, key: string): string {
  const shown = bareKey.test(key) ? visible(key) : quoted(key);
  return path === '' ? shown : `${path}.${shown}`;
}

export interface Complaint {
  readonly found: string;
  readonly allowed: string;
  /** Why it is not allowed, where found and allowed do not say it. */
  readonly why?: string | undefined;
  /** The text to write instead. */
  readonly suggestion?: string | undefined;
}

export function problemAt(span: SourceSpan, complaint: Complaint): Problem {
  const { found, allowed, why, suggestion } = complaint;
  const place = `${span.file}:${span.line}:${span.column}: ${span.keyPath === '' ? '' : `${span.keyPath}: `}`;
  const reason = why === undefined ? '' : ` (${why})`;
  const hint = suggestion === undefined ? '' : `; did you mean ${visible(suggestion, 200)}?`;
  return {
    file: span.file,
    line: span.line,
    column: span.column,
    keyPath: span.keyPath,
    found,
    allowed,
    ...(suggestion === undefined ? {} : { suggestion }),
    message: `${place}found ${found}${reason}; allowed: ${allowed}${hint}`,
  };
}

/** Collects problems while a manifest is read, so that all are told at once. */
export class Report {
  readonly file: string;
  readonly problems: Problem[] = [];
  #total = 0;

  constructor(file: string) {
    this.file = file;
  }

  /** `word` is asked only while problems are listed. */
  add(word: () => Problem): void {
    this.#total += 1;
    if (!this.full) this.problems.push(word());
  }

  /** Whether further problems are only counted: then they need no words. */
  get full(): boolean {
    return this.problems.length >= maximumListed;
  }

  get failed(): boolean {
    return this.#total > 0;
  }

  error(
    code: 'MANIFEST_SYNTAX' | 'MANIFEST_INVALID' | 'SETTINGS_INVALID' | 'INVALID_OPTIONS',
  ): SkillError {
    const problems = this.problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
    const lines = problems.map((problem) => problem.message);
    const rest = this.#total - problems.length;
    if (rest > 0) lines.push(`and ${rest} more`);
    return new SkillError(code, lines.join('\n'), { details: { problems, total: this.#total } });
  }
}
