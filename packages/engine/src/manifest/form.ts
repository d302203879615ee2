/**
 * Forms: one description of what may stand at a place, from which come the reading with all its errors, the words for
 * "allowed", and the JSON Schema. A form never throws: it reports, and answers `invalid`.
 */
import { describeNode, type Mark, type Node } from './node.ts';
import { joinKey, problemAt, type Complaint, type Report } from './problem.ts';
import type { SourceSpan } from './types.ts';

export const invalid: unique symbol = Symbol('invalid');
export type Read<T> = T | typeof invalid;

export type JsonSchema = { readonly [key: string]: unknown };

export interface Form<T> {
  /** What may stand here, in words that follow "allowed:". */
  readonly allowed: string;
  readonly schema: JsonSchema;
  read(node: Node, place: Place): Read<T>;
}

export type FormValue<F> = F extends Form<infer T> ? T : never;

/** A place in the manifest that is being read. */
export class Place {
  readonly report: Report;
  readonly keyPath: string;

  constructor(report: Report, keyPath: string) {
    this.report = report;
    this.keyPath = keyPath;
  }

  key(name: string): Place {
    return new Place(this.report, joinKey(this.keyPath, name));
  }

  item(index: number): Place {
    return new Place(this.report, `${this.keyPath}[${index}]`);
  }

  span(at: Mark): SourceSpan {
    return { file: this.report.file, line: at.line, column: at.column, keyPath: this.keyPath };
  }

  complain(at: Mark, complaint: Complaint): typeof invalid {
    this.report.add(() => problemAt(this.span(at), complaint));
    return invalid;
  }

  /** The common case: what stands here is not what is allowed here. */
  wrong(node: Node, allowed: string, why?: string, suggestion?: string): typeof invalid {
    return this.complain(node.at, { found: describeNode(node), allowed, why, suggestion });
  }
}

/** The same form, its value made into something else; `convert` may complain. */
export function mapped<T, U>(
  form: Form<T>,
  convert: (value: T, place: Place, node: Node) => Read<U>,
): Form<U> {
  return {
    allowed: form.allowed,
    schema: form.schema,
    read(node, place) {
      const value = form.read(node, place);
      return value === invalid ? invalid : convert(value, place, node);
    },
  };
}

/** The same form in other words. */
export function described<T>(form: Form<T>, description: string, more: JsonSchema = {}): Form<T> {
  return { ...form, schema: { ...form.schema, description, ...more }, read: form.read.bind(form) };
}

/** The same form; the JSON Schema refers to `$defs` instead of repeating it. */
export function referred<T>(definition: string, form: Form<T>): Form<T> {
  return {
    allowed: form.allowed,
    schema: { $ref: `#/$defs/${definition}` },
    read: form.read.bind(form),
  };
}

/** A value, and where it stands. */
export interface Spanned<T> {
  /** What it says. */
  readonly value: T;
  readonly source: SourceSpan;
}

export function spanned<T>(form: Form<T>): Form<Spanned<T>> {
  return mapped(form, (value, place, node) => ({ value, source: place.span(node.at) }));
}

/** One form for each kind of node; the kind decides, so that an error speaks of one form only. */
export function byKind<T>(forms: Partial<Record<Node['kind'], Form<T>>>, words?: string): Form<T> {
  const choices = Object.values(forms);
  const allowed = words ?? [...new Set(choices.map((form) => form.allowed))].join(', or ');
  return {
    allowed,
    schema:
      choices.length === 1
        ? (choices[0]?.schema ?? {})
        : { anyOf: choices.map((form) => form.schema) },
    read: (node, place) => forms[node.kind]?.read(node, place) ?? place.wrong(node, allowed),
  };
}
