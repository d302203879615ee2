import { isJsonObject, setOwn } from './json.ts';
import type { JsonObject, JsonValue } from './json.ts';
import { LocalRefs, forEachSubschema } from './subschemas.ts';

/** What stands in place of a value that must not be shown. */
export const REDACTED = '[REDACTED]';

/** Which parameters of one tool are sensitive. */
export interface SensitiveNames {
  /** True when the whole parameter object is marked. */
  readonly everything: boolean;
  /** Property names marked by the tool's schema, at whatever depth. */
  readonly names: ReadonlySet<string>;
}

export const noMarkers: SensitiveNames = { everything: false, names: new Set() };

/** SPEC §4's list, and its common synonyms, compared without case and separators. */
const WORDS = [
  'secret',
  'password',
  'passwd',
  'passphrase',
  'token',
  'apikey',
  'privatekey',
  'accesskey',
  'credential',
  'authorization',
];

/** True for names such as `API_KEY`, `apiKey`, `api-key`, `X-Api-Key`, `userPassword`, `ａｐｉｋｅｙ`. */
export function isSensitiveName(name: string): boolean {
  const letters = name
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '');
  return WORDS.some((word) => letters.includes(word));
}

/**
 * Names of properties that a schema marks with `sensitive: true`, `writeOnly: true`, `format: "password"` or
 * `format: "secret"`. A mark on an unnamed part (an item, an additional property, a branch of `anyOf`, the
 * target of a `$ref`) counts for the property around it. A name that is marked anywhere counts everywhere:
 * this hides too much rather than too little, and needs no evaluation of the schema.
 */
export function sensitiveNames(schema: JsonValue): SensitiveNames {
  const refs = new LocalRefs(schema);
  const marked: JsonObject[] = [];
  /** From a subschema to those around it that its mark reaches. */
  const reaches = new Map<JsonObject, JsonObject[]>();
  const named: { readonly name: string; readonly node: JsonObject }[] = [];

  forEachSubschema(schema, (node) => {
    if (hasMark(node)) marked.push(node);
    const ref = Object.hasOwn(node, '$ref') ? node.$ref : undefined;
    const target = typeof ref === 'string' ? refs.resolve(ref) : undefined;
    if (isJsonObject(target)) link(reaches, target, node);
    return (child, keyword, name) => {
      if (keyword === 'properties') named.push({ name, node: child });
      else if (keyword !== '$defs' && keyword !== 'propertyNames') link(reaches, child, node);
    };
  });

  const sensitive = new Set(marked);
  for (const node of sensitive) for (const around of reaches.get(node) ?? []) sensitive.add(around);
  return {
    everything: isJsonObject(schema) && sensitive.has(schema),
    names: new Set(named.filter(({ node }) => sensitive.has(node)).map(({ name }) => name)),
  };
}

/** Whether a value under this name must not be shown. */
export function isSensitive(name: string, sensitive: SensitiveNames): boolean {
  return sensitive.everything || sensitive.names.has(name) || isSensitiveName(name);
}

/** A copy in which every sensitive value is {@link REDACTED}. The original is not touched. */
export function redactSensitive(
  value: JsonValue,
  sensitive: SensitiveNames = noMarkers,
): JsonValue {
  if (sensitive.everything) return REDACTED;
  if (Array.isArray(value)) return redactArray(value as readonly JsonValue[], sensitive);
  if (!isJsonObject(value)) return value;
  const copy = {};
  for (const key of Object.keys(value)) {
    const member = value[key] as JsonValue;
    setOwn(copy, key, isSensitive(key, sensitive) ? REDACTED : redactSensitive(member, sensitive));
  }
  return copy;
}

/** Every text and number that {@link redactSensitive} would take out. */
export function sensitiveValues(value: JsonValue, sensitive: SensitiveNames): string[] {
  const found: string[] = [];
  collect(value, redactSensitive(value, sensitive), found);
  return found;
}

/** Goes where both are alike, and takes all where they part. */
function collect(value: JsonValue, redacted: JsonValue, found: string[]): void {
  if (typeof value === 'string' && typeof redacted === 'string') {
    // An argument may have kept its name: `--token=` stays, what is behind it does not.
    if (value !== redacted) found.push(value.slice(redacted.length - REDACTED.length));
  } else if (redacted === REDACTED) {
    collectAll(value, found);
  } else if (typeof value === 'object' && value !== null) {
    for (const key of Object.keys(value)) {
      const [own, other] = [value, redacted].map((one) => (one as JsonObject)[key] as JsonValue);
      collect(own as JsonValue, other as JsonValue, found);
    }
  }
}

function collectAll(value: JsonValue, found: string[]): void {
  if (typeof value === 'string') found.push(value);
  else if (typeof value === 'number') found.push(String(value));
  else if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) collectAll(member as JsonValue, found);
  }
}

/** Lists may hold command arguments: `--token=x`, `API_KEY=x`, and `--token` followed by its value. */
function redactArray(items: readonly JsonValue[], sensitive: SensitiveNames): JsonValue {
  let previousIsFlag = false;
  return items.map((item) => {
    const afterFlag = previousIsFlag;
    previousIsFlag = typeof item === 'string' && isSensitiveFlag(item, sensitive);
    if (typeof item !== 'string') return redactSensitive(item, sensitive);
    if (afterFlag) return REDACTED;
    const equals = item.indexOf('=');
    const name = equals < 0 ? '' : item.slice(0, equals);
    const isAssignment = /^[\w.-]{1,128}$/.test(name);
    return isAssignment && isSensitive(name.replace(/^-+/, ''), sensitive)
      ? `${name}=${REDACTED}`
      : item;
  });
}

function isSensitiveFlag(item: string, sensitive: SensitiveNames): boolean {
  return /^--?[\w.-]{1,128}$/.test(item) && isSensitive(item.replace(/^-+/, ''), sensitive);
}

function hasMark(node: JsonObject): boolean {
  const own = (key: string): JsonValue | undefined =>
    Object.hasOwn(node, key) ? node[key] : undefined;
  const format = own('format');
  return (
    own('sensitive') === true ||
    own('writeOnly') === true ||
    format === 'password' ||
    format === 'secret'
  );
}

function link(reaches: Map<JsonObject, JsonObject[]>, from: JsonObject, to: JsonObject): void {
  const known = reaches.get(from);
  if (known === undefined) reaches.set(from, [to]);
  else known.push(to);
}
