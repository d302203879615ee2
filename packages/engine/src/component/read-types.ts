/**
 * The types of a component's imports and exports, from its own binary. A second walk, over bytes that `surveyComponent`
 * accepted; each part of the file is read once, so it is linear too. Pure.
 */
import type { WitFunction, WitType, WitTypes } from '../wit/types.ts';
import { defaultBounds } from './bounds.ts';
import { readPackageDocs, type PackageDocs } from './package-docs.ts';
import { malformed, Reader, Tally, unsupported } from './reader.ts';
import { surveyCanonical } from './survey-canonical.ts';
import { TypeReader, type Item, type Scope } from './type-reader.ts';

/** A function, or an interface with its functions; resources' own functions are there under `[method]…` and the like. */
export type TypedExtern =
  | { readonly name: string; readonly kind: 'function'; readonly fn: WitFunction }
  | {
      readonly name: string;
      readonly kind: 'instance';
      readonly functions: ReadonlyMap<string, WitFunction>;
    };

export interface ComponentTypes {
  readonly types: WitTypes;
  readonly imports: readonly TypedExtern[];
  readonly exports: readonly TypedExtern[];
  readonly docs: PackageDocs;
}

export function readComponentTypes(bytes: Uint8Array): ComponentTypes {
  const types: WitType[] = [];
  const walk: Walk = { reader: new TypeReader(types, new Tally(defaultBounds)), docs: undefined };
  const level = readLevel(new Reader(bytes, 0, bytes.byteLength), walk, undefined);
  return {
    types,
    imports: externs(level.imports),
    exports: externs(level.exports),
    docs: readPackageDocs(walk.docs),
  };
}

interface Walk {
  readonly reader: TypeReader;
  docs: Uint8Array | undefined;
}

interface Level {
  readonly imports: readonly (readonly [string, Item])[];
  readonly exports: readonly (readonly [string, Item])[];
}

function externs(items: Level['exports']): TypedExtern[] {
  return items.flatMap(([name, item]): TypedExtern[] => {
    if (item.sort === 'function') return [{ name, kind: 'function', fn: item.fn }];
    if (item.sort !== 'instance') return [];
    const functions = [...item.exports].flatMap(([key, entry]) =>
      entry.sort === 'function' ? [[key, entry.fn] as const] : [],
    );
    return [{ name, kind: 'instance', functions: new Map(functions) }];
  });
}

function readLevel(reader: Reader, walk: Walk, outer: Scope | undefined): Level {
  const scope: Scope = { outer, types: [], functions: [], instances: [], components: [] };
  const imports: [string, Item][] = [];
  const exports: [string, Item][] = [];
  reader.skip(8);
  while (!reader.done) {
    const id = reader.u8();
    const body = reader.range(reader.u32());
    if (id === 0) {
      if (outer === undefined) custom(body, walk);
      continue;
    }
    if (id === 4) {
      const nested = readLevel(body, walk, scope);
      scope.components.push(new Map(nested.exports));
      continue;
    }
    if (id < 5) continue;
    const count = body.count();
    for (let index = 0; index < count; index += 1) {
      if (id === 5) instance(body, scope, walk.reader);
      else if (id === 6) walk.reader.alias(body, scope);
      else if (id === 7) scope.types.push(walk.reader.type(body, scope));
      else if (id === 8) canonical(body, scope, walk.reader);
      else if (id === 10) {
        const name = walk.reader.externName(body);
        const found = walk.reader.described(body, scope);
        walk.reader.bind(scope, found);
        imports.push([name, found.item]);
      } else if (id === 11) exports.push(exported(body, scope, walk.reader));
    }
  }
  return { imports, exports };
}

function custom(body: Reader, walk: Walk): void {
  const name = body.range(body.u32());
  const text = new TextDecoder().decode(name.bytes.subarray(name.offset, name.end));
  if (text === 'package-docs') walk.docs = body.bytes.subarray(body.offset, body.end);
}

function instance(body: Reader, scope: Scope, reader: TypeReader): void {
  const form = body.u8();
  const component = form === 0 ? body.u32() : undefined;
  const items = new Map<string, Item>();
  const count = body.count();
  for (let index = 0; index < count; index += 1) {
    const name = form === 1 ? reader.externName(body) : reader.name(body);
    const found = reader.reference(body, scope);
    if (found) items.set(name, found.item);
  }
  if (component === undefined) scope.instances.push(items);
  else {
    const exports = scope.components[component];
    // A component that comes from elsewhere has no exports that are written here.
    if (!exports)
      throw unsupported(
        body.offset,
        'An instance of a component that is imported',
        'Compose the component with what it imports first.',
      );
    scope.instances.push(exports);
  }
}

function canonical(body: Reader, scope: Scope, reader: TypeReader): void {
  const isLift = body.peek() === 0;
  const type = surveyCanonical(body, reader.tally);
  if (!isLift) return;
  const found = type === undefined ? undefined : scope.types[type];
  if (found?.sort !== 'function') throw malformed(body.offset, 'a function without its type');
  scope.functions.push(found);
}

function exported(body: Reader, scope: Scope, reader: TypeReader): [string, Item] {
  const name = reader.externName(body);
  const own = reader.reference(body, scope);
  const ascribed = body.u8() === 1 ? reader.described(body, scope) : undefined;
  const found = ascribed ?? own;
  if (!found) throw malformed(body.offset, 'an export of something unknown');
  reader.bind(scope, found);
  return [name, found.item];
}
