/** JSON Schema (2020-12) of what a function takes, from its WIT types. A type that is used twice stands in `$defs`. Pure. */
import type { JsonValue } from '../schema/json.ts';
import {
  integerRanges,
  isNullable,
  partsOf,
  wrapsSome,
  type WitFunction,
  type WitInteger,
  type WitType,
  type WitTypes,
} from './types.ts';

type Schema = { [key: string]: JsonValue };

/** An object with a member for each parameter; options may be left out. */
export function parametersSchema(types: WitTypes, fn: WitFunction): Schema {
  const uses = countUses(
    types,
    fn.params.map(({ type }) => type),
  );
  const writer = new SchemaWriter(types, uses);
  const schema = writer.object(fn.params);
  const definitions = writer.definitions;
  return Object.keys(definitions).length === 0 ? schema : { ...schema, $defs: definitions };
}

/** How often each type is referred to, each type walked once. */
function countUses(types: WitTypes, roots: readonly number[]): Map<number, number> {
  const uses = new Map<number, number>();
  const stack = [...roots];
  while (stack.length > 0) {
    const index = stack.pop()!;
    const before = uses.get(index) ?? 0;
    uses.set(index, before + 1);
    if (before === 0) stack.push(...partsOf(types[index]!));
  }
  return uses;
}

const big = { type: 'string', pattern: '^(0|-?[1-9][0-9]{0,19})$' };

/** Types nested so deep get a definition of their own: schemas have a bound on nesting, and each type takes up to three levels. */
const NESTING = 8;

class SchemaWriter {
  readonly definitions: Schema = {};
  readonly #types: WitTypes;
  readonly #uses: ReadonlyMap<number, number>;
  #level = 0;

  constructor(types: WitTypes, uses: ReadonlyMap<number, number>) {
    this.#types = types;
    this.#uses = uses;
  }

  object(fields: WitFunction['params']): Schema {
    const required = fields.filter(({ type }) => !isNullable(this.#types, type));
    return {
      type: 'object',
      properties: Object.fromEntries(fields.map(({ name, type }) => [name, this.#refer(type)])),
      required: required.map(({ name }) => name),
      additionalProperties: false,
    };
  }

  #refer(index: number): Schema {
    const type = this.#types[index]!;
    const isCompound = partsOf(type).length > 0 || type.kind === 'enum' || type.kind === 'flags';
    const stands = this.#level < NESTING && (this.#uses.get(index) ?? 0) < 2;
    if (!isCompound || stands) return this.#at(this.#level + 1, type);
    const name = `type-${index}`;
    // Types refer to smaller indices only, so this ends.
    if (!Object.hasOwn(this.definitions, name)) this.definitions[name] = this.#at(0, type);
    return { $ref: `#/$defs/${name}` };
  }

  #at(level: number, type: WitType): Schema {
    const outer = this.#level;
    this.#level = level;
    const schema = this.#write(type);
    this.#level = outer;
    return schema;
  }

  #write(type: WitType): Schema {
    switch (type.kind) {
      case 'bool':
        return { type: 'boolean' };
      case 'f32':
      case 'f64':
        return {
          anyOf: [{ type: 'number' }, { enum: ['NaN', 'Infinity', '-Infinity', '-0'] }],
        };
      case 'char':
        return { type: 'string', minLength: 1, maxLength: 1 };
      case 'string':
        return { type: 'string' };
      case 'list':
        return this.#list(type.element);
      case 'tuple':
        return {
          type: 'array',
          prefixItems: type.items.map((item) => this.#refer(item)),
          items: false,
          minItems: type.items.length,
        };
      case 'record':
        return this.object(type.fields);
      case 'variant':
        return { oneOf: type.cases.map((entry) => this.#case(entry)) };
      case 'enum':
        return { enum: [...type.cases] };
      case 'flags':
        return { type: 'array', items: { enum: [...type.names] }, uniqueItems: true };
      case 'option': {
        const some = this.#refer(type.some);
        const held = wrapsSome(this.#types, type) ? only({ some }) : some;
        return { anyOf: [held, { type: 'null' }] };
      }
      case 'result':
        return { oneOf: [this.#arm('ok', type.ok), this.#arm('err', type.err)] };
      case 'unsupported':
        return { not: {} };
      default:
        return integer(type.kind);
    }
  }

  #list(element: number): Schema {
    const items = this.#refer(element);
    if (this.#types[element]!.kind !== 'u8') return { type: 'array', items };
    return {
      anyOf: [
        { type: 'string', contentEncoding: 'base64' },
        { type: 'array', items },
      ],
    };
  }

  #case({ name, type }: Extract<WitType, { kind: 'variant' }>['cases'][number]): Schema {
    const tag = { const: name };
    if (type === null) return only({ tag });
    const schema = only({ tag, val: this.#refer(type) });
    return isNullable(this.#types, type) ? { ...schema, required: ['tag'] } : schema;
  }

  #arm(name: 'ok' | 'err', type: number | null): Schema {
    return only({ [name]: type === null ? { type: 'null' } : this.#refer(type) });
  }
}

/** An object with exactly these members. */
function only(properties: Schema): Schema {
  return {
    type: 'object',
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  };
}

function integer(kind: WitInteger): Schema {
  const [low, high] = integerRanges[kind];
  if (kind !== 's64' && kind !== 'u64') {
    return { type: 'integer', minimum: Number(low), maximum: Number(high) };
  }
  const number = {
    type: 'integer',
    minimum: kind === 'u64' ? 0 : Number.MIN_SAFE_INTEGER,
    maximum: Number.MAX_SAFE_INTEGER,
  };
  return { anyOf: [number, kind === 'u64' ? { ...big, pattern: '^(0|[1-9][0-9]{0,19})$' } : big] };
}
