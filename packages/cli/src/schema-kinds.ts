/** What a JSON Schema says about the kind of a value, as far as converting text needs it. Schemas are hostile. */
import type { JsonValue } from '@skill-engine/engine';

export const kinds = ['boolean', 'null', 'integer', 'number', 'array', 'object', 'string'] as const;

export type Kind = (typeof kinds)[number];

export type JsonObject = { readonly [key: string]: JsonValue };

const MAX_DEPTH = 16;

/** Schemas that are looked at for one answer: choices of choices grow without bound. */
const MAX_SCHEMAS = 1000;

export function asObject(value: JsonValue | undefined): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}

function own(object: JsonObject | undefined, key: string): JsonValue | undefined {
  return object !== undefined && Object.hasOwn(object, key) ? object[key] : undefined;
}

/** A schema within its document, with references to definitions of the same document followed. */
export class SchemaView {
  readonly #root: JsonValue;
  readonly #schema: JsonObject | undefined;

  constructor(schema: JsonValue | undefined, root: JsonValue = schema ?? true) {
    this.#root = root;
    this.#schema = asObject(follow(schema, root));
  }

  /** Kinds that the schema admits; `undefined` where it does not say. */
  kinds(budget = { schemas: MAX_SCHEMAS }): ReadonlySet<Kind> | undefined {
    const schema = this.#schema;
    budget.schemas -= 1;
    if (schema === undefined || budget.schemas < 0) return undefined;
    const type = own(schema, 'type');
    if (type !== undefined) return known(Array.isArray(type) ? type : [type as JsonValue]);
    if (Object.hasOwn(schema, 'const')) return known([kindOf(schema['const'] ?? null)]);
    const values = own(schema, 'enum');
    if (Array.isArray(values)) return known(values.map(kindOf));
    for (const keyword of ['anyOf', 'oneOf']) {
      const choices = own(schema, keyword);
      if (Array.isArray(choices)) return this.#union(choices, budget);
    }
    return undefined;
  }

  items(): SchemaView {
    return new SchemaView(own(this.#schema, 'items'), this.#root);
  }

  /** Names of the properties that an object may have; `undefined` where the schema does not name any. */
  names(): readonly string[] | undefined {
    const properties = asObject(own(this.#schema, 'properties'));
    return properties && Object.keys(properties);
  }

  /** True where properties that are not named may be given too, because the schema says so in as many words. */
  isOpen(): boolean {
    const additional = own(this.#schema, 'additionalProperties');
    return (
      additional === true ||
      asObject(additional) !== undefined ||
      own(this.#schema, 'patternProperties') !== undefined
    );
  }

  property(name: string): SchemaView {
    const properties = asObject(own(this.#schema, 'properties'));
    return new SchemaView(own(properties, name), this.#root);
  }

  #union(
    choices: readonly JsonValue[],
    budget: { schemas: number },
  ): ReadonlySet<Kind> | undefined {
    const result = new Set<Kind>();
    for (const choice of choices) {
      const some = new SchemaView(choice, this.#root).kinds(budget);
      if (some === undefined) return undefined;
      for (const kind of some) result.add(kind);
    }
    return result;
  }
}

function known(names: readonly JsonValue[]): ReadonlySet<Kind> {
  return new Set(kinds.filter((kind) => names.includes(kind)));
}

function kindOf(value: JsonValue): Kind {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value as Kind;
}

/** JSON pointers into the same document; anything else is left unsaid. */
function follow(schema: JsonValue | undefined, root: JsonValue): JsonValue | undefined {
  let current = schema;
  for (let step = 0; step < MAX_DEPTH; step += 1) {
    const reference = own(asObject(current), '$ref');
    if (typeof reference !== 'string') return current;
    if (!reference.startsWith('#/')) return undefined;
    current = root;
    for (const part of reference.slice(2).split('/').slice(0, MAX_DEPTH)) {
      current = own(asObject(current), part.replaceAll('~1', '/').replaceAll('~0', '~'));
    }
  }
  return undefined;
}
