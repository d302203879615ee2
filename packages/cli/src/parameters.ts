/** From the texts of a command line to the parameters of a tool, by the tool's own schema. */
import { parseParametersJson, SkillError, suggest } from '@skill-engine/engine';
import type { JsonValue } from '@skill-engine/engine';
import type { OtherFlag } from './args.ts';
import { type JsonObject, type Kind, SchemaView, asObject } from './schema-kinds.ts';

export interface Given {
  /** Value of `--params`. */
  readonly base: JsonValue | undefined;
  /** `--name value`, checked against the schema's names. */
  readonly flags: readonly OtherFlag[];
  /** `--param name=value`: any name. */
  readonly assignments: readonly { readonly name: string; readonly value: string }[];
  /** What follows `--`. */
  readonly rest: readonly string[] | undefined;
}

/**
 * Texts that do not fit their schema stay texts: the engine refuses them then, and records that. Members that are
 * given one by one win over those of `--params`.
 *
 * @throws SkillError INVALID_OPTIONS for names that the tool does not have, and values that cannot be placed
 */
export function buildParameters(
  given: Given,
  schema: JsonValue | undefined,
  ownFlags: readonly string[],
): JsonValue {
  const view = new SchemaView(schema);
  const texts = new Map<string, (string | undefined)[]>();
  const add = (name: string, value: string | undefined): void => {
    texts.set(name, [...(texts.get(name) ?? []), value]);
  };
  for (const flag of given.flags) {
    const placed = placeFlag(flag, view, ownFlags);
    add(placed.name, placed.value);
  }
  for (const { name, value } of given.assignments) add(name, value);
  if (texts.size === 0 && given.rest === undefined) return given.base ?? {};
  const base = given.base === undefined ? {} : asObject(given.base);
  if (base === undefined) {
    throw refuse('--params is not a JSON object, so no further parameters can be added to it');
  }
  const members = new Map<string, JsonValue>(Object.entries(base));
  for (const [name, values] of texts) members.set(name, convert(name, values, view.property(name)));
  if (given.rest !== undefined) {
    if (texts.has('args')) throw refuse('args are given both as a parameter and after --');
    members.set('args', given.rest);
  }
  // Own members whatever they are called, `__proto__` included.
  return Object.fromEntries(members) satisfies JsonObject;
}

/** The property that a flag means: its own name, the same with `_` for `-`, or `no-` and a boolean's name. */
function placeFlag(flag: OtherFlag, view: SchemaView, ownFlags: readonly string[]): OtherFlag {
  const names = view.names();
  if (names === undefined || names.includes(flag.name)) return flag;
  const snake = flag.name.replaceAll('-', '_');
  if (names.includes(snake)) return { ...flag, name: snake };
  if (flag.value === undefined && flag.name.startsWith('no-')) {
    const positive = placeName(flag.name.slice(3), names);
    if (positive !== undefined && view.property(positive).kinds()?.has('boolean') === true) {
      return { name: positive, value: 'false' };
    }
  }
  if (view.isOpen()) return flag;
  const near = suggest(flag.name, [...names, ...ownFlags]);
  const hint = near === undefined ? '' : ` Did you mean --${near}?`;
  const list = names.length === 0 ? 'none' : names.map((name) => `--${name}`).join(', ');
  throw refuse(`the tool has no parameter ${JSON.stringify(flag.name)}; it has: ${list}`, hint);
}

function placeName(name: string, names: readonly string[]): string | undefined {
  return [name, name.replaceAll('-', '_')].find((candidate) => names.includes(candidate));
}

function convert(
  name: string,
  values: readonly (string | undefined)[],
  view: SchemaView,
): JsonValue {
  const kinds = view.kinds();
  const [first] = values;
  if (values.length > 1) {
    if (kinds !== undefined && !kinds.has('array')) {
      throw refuse(
        `the parameter ${JSON.stringify(name)} takes one value, ${values.length} are given`,
      );
    }
    return values.map((value) => convertText(value ?? 'true', view.items()));
  }
  if (first !== undefined) return convertText(first, view);
  if (kinds === undefined || kinds.has('boolean')) return true;
  throw refuse(`the parameter ${JSON.stringify(name)} needs a value`);
}

/** Kinds other than strings are tried first, the strictest before the others. */
function convertText(text: string, view: SchemaView): JsonValue {
  const kinds = view.kinds();
  if (kinds === undefined) return isLossy(text) ? text : (parsed(text) ?? text);
  for (const kind of kinds) {
    const value = kind === 'string' ? text : ofKind(text, kind);
    if (value !== undefined) return value;
  }
  return kinds.has('array') ? [convertText(text, view.items())] : text;
}

function ofKind(text: string, kind: Kind): JsonValue | undefined {
  switch (kind) {
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined;
    case 'null':
      return text === 'null' ? null : undefined;
    case 'integer':
      return /^-?\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined;
    case 'number': {
      const value = parsed(text);
      return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
    }
    case 'array': {
      const value = parsed(text);
      return Array.isArray(value) ? value : undefined;
    }
    case 'object':
      return asObject(parsed(text));
    case 'string':
      return text;
  }
}

/** Whole numbers that a JSON number of JavaScript would round. */
function isLossy(text: string): boolean {
  return /^-?\d+$/.test(text) && !Number.isSafeInteger(Number(text));
}

function parsed(text: string): JsonValue | undefined {
  try {
    return parseParametersJson(text);
  } catch {
    return undefined;
  }
}

function refuse(problem: string, hint = ''): SkillError {
  return new SkillError(
    'INVALID_OPTIONS',
    `skill run: ${problem}.${hint} Any parameter can be given as --param name=value or in --params.`,
  );
}
