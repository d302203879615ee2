/** Reads types, aliases and descriptions of a component into the table of WIT types. Names were checked by the survey. */
import { partsOf, type WitFunction, type WitPrimitive, type WitType } from '../wit/types.ts';
import { malformed, type Reader, type Tally, unsupported } from './reader.ts';
import { type ExternKind, externDescription, surveySort } from './survey-externs.ts';
import { surveyCoreType } from './survey-types.ts';

/** What an index or a name of a component stands for. */
export type Item =
  | { readonly sort: 'value'; readonly type: number }
  | { readonly sort: 'function'; readonly fn: WitFunction }
  | { readonly sort: 'instance'; readonly exports: ReadonlyMap<string, Item> }
  | { readonly sort: 'component'; readonly exports: ReadonlyMap<string, Item> }
  | { readonly sort: 'resource' }
  | { readonly sort: 'module' };

/** An item, and as what it is meant: the type of instances is a type, and an instance of it is none. */
export interface Named {
  readonly kind: ExternKind | 'core';
  readonly item: Item;
}

/** The index spaces of one level: a component, or the type of an instance or component. */
export interface Scope {
  readonly outer: Scope | undefined;
  readonly types: Item[];
  readonly functions: Item[];
  readonly instances: ReadonlyMap<string, Item>[];
  readonly components: ReadonlyMap<string, Item>[];
}

/** From 0x7f downwards. */
const primitives: readonly WitPrimitive[] = [
  'bool',
  's8',
  'u8',
  's16',
  'u16',
  's32',
  'u32',
  's64',
  'u64',
  'f32',
  'f64',
  'char',
  'string',
];

/** Values are converted by recursion; real types are nested less than ten deep. */
const TYPE_DEPTH = 64;

export class TypeReader {
  readonly tally: Tally;
  readonly #types: WitType[];
  /** How deep each type is nested; 0 for those that hold no other. */
  readonly #depths: number[] = [];
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  constructor(types: WitType[], tally: Tally) {
    this.#types = types;
    this.tally = tally;
    for (const kind of primitives) types.push({ kind });
  }

  name(reader: Reader): string {
    const { bytes, offset, end } = reader.range(reader.u32());
    return this.#decoder.decode(bytes.subarray(offset, end));
  }

  externName(reader: Reader): string {
    reader.skip(1);
    return this.name(reader);
  }

  /** Gives an item its place among those of its kind. */
  bind(scope: Scope, { kind, item }: Named): void {
    if (kind === 'type' || kind === 'resource') scope.types.push(item);
    else if (kind === 'function') scope.functions.push(item);
    else if (kind === 'instance' && item.sort === 'instance') scope.instances.push(item.exports);
    else if (kind === 'component' && item.sort === 'component') {
      scope.components.push(item.exports);
    } else if (kind === 'instance' || kind === 'component') {
      throw malformed(0, 'an instance of something else');
    }
  }

  /** What an import asks for, or an export is declared to be. */
  described(reader: Reader, scope: Scope): Named {
    const { kind, type } = externDescription(reader);
    if (kind === 'resource') return { kind, item: { sort: 'resource' } };
    if (kind === 'module' || type === undefined) return { kind, item: { sort: 'module' } };
    const item = scope.types[type];
    if (!item) throw malformed(reader.offset, 'an index beyond the types');
    return { kind, item };
  }

  /** A kind and an index: something of this level. `undefined` for what belongs to the core language. */
  reference(reader: Reader, scope: Scope): Named | undefined {
    const kind = surveySort(reader);
    const item = pick(scope, kind, reader.u32(), reader.offset);
    return item && { kind, item };
  }

  alias(reader: Reader, scope: Scope): void {
    const kind = surveySort(reader);
    const target = reader.u8();
    const first = reader.u32();
    let item: Item | undefined;
    if (target === 0) {
      item = scope.instances[first]?.get(this.name(reader));
    } else if (target === 1) this.name(reader);
    else {
      let level: Scope | undefined = scope;
      for (let up = 0; up < first; up += 1) level = level?.outer;
      const index = reader.u32();
      item = level && pick(level, kind, index, reader.offset);
    }
    if (item) this.bind(scope, { kind, item });
    else if (kind === 'type' || kind === 'function' || kind === 'instance' || kind === 'component')
      throw malformed(reader.offset, 'an alias of something unknown');
  }

  /** One entry of a type section. */
  type(reader: Reader, scope: Scope): Item {
    const at = reader.offset;
    const form = reader.u8();
    if (form === 0x40) return { sort: 'function', fn: this.#function(reader, scope) };
    if (form === 0x41 || form === 0x42) {
      const exports = this.#declarations(reader, scope);
      return { sort: form === 0x42 ? 'instance' : 'component', exports };
    }
    if (form === 0x3f) {
      reader.skip(1);
      if (reader.u8() === 1) reader.u32();
      return { sort: 'resource' };
    }
    if (form >= 0x73 && form <= 0x7f) return { sort: 'value', type: 0x7f - form };
    const type = this.#defined(form, reader, scope, at);
    const depth = 1 + Math.max(0, ...partsOf(type).map((part) => this.#depths[part] ?? 0));
    const tooDeep = depth > TYPE_DEPTH;
    this.#depths[this.#types.length] = tooDeep ? 0 : depth;
    this.#types.push(
      tooDeep ? { kind: 'unsupported', what: 'types that are nested too deeply' } : type,
    );
    return { sort: 'value', type: this.#types.length - 1 };
  }

  #defined(form: number, reader: Reader, scope: Scope, at: number): WitType {
    switch (form) {
      case 0x72:
        return { kind: 'record', fields: this.#fields(reader, scope) };
      case 0x71:
        return {
          kind: 'variant',
          cases: each(reader, () => {
            const name = this.name(reader);
            const type = this.#optional(reader, scope);
            reader.skip(1);
            return { name, type };
          }),
        };
      case 0x70:
        return { kind: 'list', element: this.#value(reader, scope) };
      case 0x6f:
        return { kind: 'tuple', items: each(reader, () => this.#value(reader, scope)) };
      case 0x6e:
        return { kind: 'flags', names: each(reader, () => this.name(reader)) };
      case 0x6d:
        return { kind: 'enum', cases: each(reader, () => this.name(reader)) };
      case 0x6b:
        return { kind: 'option', some: this.#value(reader, scope) };
      case 0x6a: {
        const ok = this.#optional(reader, scope);
        return { kind: 'result', ok, err: this.#optional(reader, scope) };
      }
      case 0x69:
      case 0x68:
        reader.u32();
        return { kind: 'unsupported', what: 'a resource (own<…> or borrow<…>)' };
      case 0x67:
        this.#value(reader, scope);
        reader.u32();
        return { kind: 'unsupported', what: 'a list of fixed length' };
      case 0x63:
        this.#value(reader, scope);
        this.#value(reader, scope);
        return { kind: 'unsupported', what: 'a map' };
      default:
        throw malformed(at, `an unknown type 0x${form.toString(16)}`);
    }
  }

  #function(reader: Reader, scope: Scope): WitFunction {
    const params = this.#fields(reader, scope);
    if (reader.u8() === 0) return { params, result: this.#value(reader, scope) };
    if (reader.count() > 0)
      throw unsupported(
        reader.offset,
        'The component has a function with named results',
        'Return a record or a tuple.',
      );
    return { params, result: null };
  }

  #declarations(reader: Reader, outer: Scope): ReadonlyMap<string, Item> {
    const scope: Scope = { outer, types: [], functions: [], instances: [], components: [] };
    const exports = new Map<string, Item>();
    each(reader, () => {
      const kind = reader.u8();
      if (kind === 0) surveyCoreType(reader, this.tally, 'a type', 1);
      else if (kind === 1) scope.types.push(this.type(reader, scope));
      else if (kind === 2) this.alias(reader, scope);
      else {
        const name = this.externName(reader);
        const found = this.described(reader, scope);
        this.bind(scope, found);
        if (kind === 4) exports.set(name, found.item);
      }
    });
    return exports;
  }

  #fields(reader: Reader, scope: Scope): { name: string; type: number }[] {
    return each(reader, () => ({ name: this.name(reader), type: this.#value(reader, scope) }));
  }

  #optional(reader: Reader, scope: Scope): number | null {
    return reader.u8() === 1 ? this.#value(reader, scope) : null;
  }

  #value(reader: Reader, scope: Scope): number {
    const at = reader.offset;
    const byte = reader.peek();
    if (byte >= 0x73 && byte <= 0x7f) {
      reader.skip(1);
      return 0x7f - byte;
    }
    const item = scope.types[reader.u32()];
    if (item?.sort !== 'value') throw malformed(at, 'a type that is not one of values');
    return item.type;
  }
}

function each<T>(reader: Reader, read: () => T): T[] {
  const count = reader.count();
  const found: T[] = [];
  for (let index = 0; index < count; index += 1) found.push(read());
  return found;
}

function pick(
  scope: Scope,
  kind: ReturnType<typeof surveySort>,
  index: number,
  at: number,
): Item | undefined {
  const beyond = () => malformed(at, 'an index beyond what was declared');
  switch (kind) {
    case 'type':
    case 'function': {
      const item = (kind === 'type' ? scope.types : scope.functions)[index];
      if (!item) throw beyond();
      return item;
    }
    case 'instance':
    case 'component': {
      const exports = (kind === 'instance' ? scope.instances : scope.components)[index];
      if (!exports) throw beyond();
      return { sort: kind, exports };
    }
    case 'module':
      return { sort: 'module' };
    default:
      return undefined;
  }
}
