/** Forms of arrays and tables. Unknown keys are errors. */
import { invalid, type Form, type FormValue, type JsonSchema, type Place } from './form.ts';
import type { Node, TableNode } from './node.ts';
import { quoted, visible } from './problem.ts';
import { suggest } from './suggest.ts';

/**
 * Reads every item even after a wrong one.
 *
 * @param options.wrap whether a single text is taken for an array whose brackets were forgotten
 */
export function list<T>(
  item: Form<T>,
  allowed: string,
  options: { min?: number; max?: number; wrap?: boolean } = {},
): Form<T[]> {
  const { min = 0, max = 1000, wrap = true } = options;
  return {
    allowed,
    schema: {
      type: 'array',
      items: item.schema,
      ...(min > 0 ? { minItems: min } : {}),
      maxItems: max,
    },
    read(node, place) {
      if (node.kind !== 'array') {
        const single =
          wrap && node.kind === 'string' && node.value.length < 60
            ? `[${JSON.stringify(node.value)}]`
            : undefined;
        return place.wrong(node, allowed, undefined, single);
      }
      if (node.items.length < min || node.items.length > max) {
        return place.wrong(
          node,
          allowed,
          `${node.items.length} entries; from ${min} to ${max} are possible`,
        );
      }
      const values = node.items.map((one, index) => item.read(one, place.item(index)));
      return values.includes(invalid) ? invalid : (values as T[]);
    },
  };
}

export interface NamedForm<T> {
  readonly name: string;
  readonly value: T;
}

/** A table whose keys are names of the author's choice. */
export function named<T>(
  name: { readonly allowed: string; readonly pattern: RegExp },
  value: Form<T>,
  allowed: string,
  max = 1000,
): Form<NamedForm<T>[]> {
  return {
    allowed,
    schema: {
      type: 'object',
      propertyNames: { pattern: name.pattern.source },
      additionalProperties: value.schema,
    },
    read(node, place) {
      if (node.kind !== 'table') return place.wrong(node, allowed);
      if (node.entries.size > max) return place.wrong(node, allowed, `more than ${max} entries`);
      let failed = false;
      const result: NamedForm<T>[] = [];
      for (const [key, entry] of node.entries) {
        const inner = place.key(key);
        if (!name.pattern.test(key)) {
          inner.complain(entry.keyAt, { found: `the name ${quoted(key)}`, allowed: name.allowed });
          failed = true;
        }
        const read = value.read(entry.value, inner);
        if (read === invalid) failed = true;
        else result.push({ name: key, value: read });
      }
      return failed ? invalid : result;
    },
  };
}

type Fields = Readonly<Record<string, Form<unknown>>>;

export type TableValue<F extends Fields, R extends keyof F> = {
  readonly [K in R]: FormValue<F[K]>;
} & { readonly [K in Exclude<keyof F, R>]?: FormValue<F[K]> };

export interface TableOptions<R> {
  readonly required?: readonly R[];
  /** Keys that are known elsewhere, with the reason why not here. */
  readonly elsewhere?: Readonly<Record<string, string>>;
}

function unknownKey(
  key: string,
  table: TableNode,
  place: Place,
  known: readonly string[],
  elsewhere: string | undefined,
): void {
  const entry = table.entries.get(key);
  if (entry === undefined) return;
  // eslint-disable-next-line no-control-regex -- anything but plain ASCII may look like something else
  const odd = /[^\u0020-\u007e]/u.exec(key);
  const code = odd?.[0].codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0');
  const left = known.filter((one) => !table.entries.has(one));
  place.key(key).complain(entry.keyAt, {
    found: `the ${elsewhere === undefined ? 'unknown ' : ''}key ${quoted(key)}`,
    allowed: known.join(', '),
    why: elsewhere ?? (code === undefined ? undefined : `it has the character U+${code}`),
    suggestion: place.report.full ? undefined : suggest(key, left),
  });
}

/** A table with these keys and no others. */
export function table<F extends Fields, R extends keyof F & string = never>(
  fields: F,
  options: TableOptions<R> = {},
): Form<TableValue<F, R>> {
  const known = Object.keys(fields);
  const required: readonly string[] = options.required ?? [];
  const allowed = `a table with ${known.map((key) => visible(key)).join(', ')}`;
  const schema: JsonSchema = {
    type: 'object',
    properties: Object.fromEntries(known.map((key) => [key, fields[key]?.schema])),
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: false,
  };
  return {
    allowed,
    schema,
    read(node: Node, place: Place) {
      if (node.kind !== 'table') return place.wrong(node, allowed);
      let failed = false;
      const values = new Map<string, unknown>();
      for (const [key, entry] of node.entries) {
        const form = Object.hasOwn(fields, key) ? fields[key] : undefined;
        if (form === undefined) {
          const elsewhere = options.elsewhere;
          const reason =
            elsewhere !== undefined && Object.hasOwn(elsewhere, key) ? elsewhere[key] : undefined;
          unknownKey(key, node, place, known, reason);
          failed = true;
          continue;
        }
        const value = form.read(entry.value, place.key(key));
        if (value === invalid) failed = true;
        else values.set(key, value);
      }
      for (const key of required) {
        if (node.entries.has(key)) continue;
        place.complain(node.at, {
          found: `no key "${key}"`,
          allowed: `${key} = ${fields[key]?.allowed ?? ''}`,
        });
        failed = true;
      }
      return failed ? invalid : (Object.fromEntries(values) as TableValue<F, R>);
    },
  };
}
