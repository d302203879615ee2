import { coreName, externName } from './names.ts';
import { malformed, type Reader, type Tally, unsupported } from './reader.ts';

export type ExternKind =
  | 'module'
  | 'function'
  | 'value'
  /** An equal type: a name for what is defined elsewhere. */
  | 'type'
  /** A type of its own, whose values are handles. */
  | 'resource'
  | 'component'
  | 'instance';

/** What an instance or a component offers under a name. */
export interface ComponentMember {
  /** `label`, `[method]resource.label`, or `namespace:package/interface@1.2.3`. */
  readonly name: string;
  readonly kind: ExternKind;
}

export interface ExternDescription {
  readonly kind: ExternKind;
  /** Index of its type, where it has one. */
  readonly type: number | undefined;
}

/** What an import asks for, or what an export is declared to be. */
export function externDescription(reader: Reader): ExternDescription {
  const at = reader.offset;
  switch (reader.u8()) {
    case 0x00:
      if (reader.u8() !== 0x11)
        throw malformed(reader.offset - 1, 'a core import that is not a module');
      return { kind: 'module', type: reader.u32() };
    case 0x01:
      return { kind: 'function', type: reader.u32() };
    case 0x03: {
      const bound = reader.u8();
      if (bound > 1) throw malformed(reader.offset - 1, 'an unknown bound of a type');
      return bound === 0
        ? { kind: 'type', type: reader.u32() }
        : { kind: 'resource', type: undefined };
    }
    case 0x04:
      return { kind: 'component', type: reader.u32() };
    case 0x05:
      return { kind: 'instance', type: reader.u32() };
    case 0x02:
      throw unsupported(
        at,
        'The component imports or exports a plain value',
        'Offer a function instead.',
      );
    default:
      throw malformed(at, 'an unknown kind of import or export');
  }
}

/** Kinds of what is numbered: `0x00` announces a kind of the core language. */
export function surveySort(reader: Reader): ExternKind | 'core' {
  const at = reader.offset;
  const sort = reader.u8();
  if (sort === 0) {
    const core = reader.u8();
    if (core > 0x04 && (core < 0x10 || core > 0x12)) throw malformed(at, 'an unknown core kind');
    return core === 0x11 ? 'module' : 'core';
  }
  const kind = ([undefined, 'function', 'value', 'type', 'component', 'instance'] as const)[sort];
  if (kind === undefined) throw malformed(at, 'an unknown kind');
  return kind;
}

/** The kind, the target, and for an export of an instance its name: it stands there without a discriminator. */
export function surveyAlias(reader: Reader, tally: Tally, where: string): ExternKind | 'core' {
  const at = reader.offset;
  tally.add('aliases', 1, at);
  const sort = surveySort(reader);
  const target = reader.u8();
  if (target > 2) throw malformed(reader.offset - 1, 'an unknown alias');
  reader.u32();
  if (target === 0) externName(reader, tally, `an alias in ${where}`, { discriminated: false });
  else if (target === 1) coreName(reader, tally, `an alias of a core export in ${where}`);
  else reader.u32();
  return sort;
}
