import { coreName, externName, typeLabel } from './names.ts';
import { malformed, type Reader, type Tally, unsupported } from './reader.ts';
import { type ComponentMember, externDescription, surveyAlias } from './survey-externs.ts';
import { readImportKind, skipImportType } from './survey-core.ts';

const asyncWayOut =
  'Components for WASI 0.2 are supported; build it without asynchronous functions and streams.';

/**
 * Passes over one type of the component model and checks every name in it.
 *
 * @param members receives what an instance or component of this type exports
 */
export function surveyType(
  reader: Reader,
  tally: Tally,
  where: string,
  depth: number,
  members: ComponentMember[] = [],
): void {
  const at = reader.offset;
  tally.add('types', 1, at);
  tally.check('typeDepth', depth, at);
  const form = reader.u8();
  if (form >= 0x73 && form <= 0x7f) return;
  switch (form) {
    case 0x72:
      return items(reader, tally, (index) => {
        typeLabel(reader, tally, `field ${index} of a record in ${where}`);
        valueType(reader);
      });
    case 0x71:
      return items(reader, tally, (index) => {
        typeLabel(reader, tally, `case ${index} of a variant in ${where}`);
        optional(reader, () => valueType(reader));
        // A case could once refine another: the place of that index is still there, always empty.
        if (reader.u8() !== 0)
          throw malformed(reader.offset - 1, 'a variant case that refines another');
      });
    case 0x70:
    case 0x6b:
      return valueType(reader);
    case 0x67:
      valueType(reader);
      return void reader.u32();
    case 0x6f:
      return items(reader, tally, () => valueType(reader));
    case 0x6e:
      return items(reader, tally, (index) => typeLabel(reader, tally, `flag ${index} in ${where}`));
    case 0x6d:
      return items(reader, tally, (index) =>
        typeLabel(reader, tally, `enum case ${index} in ${where}`),
      );
    case 0x6a:
      optional(reader, () => valueType(reader));
      return optional(reader, () => valueType(reader));
    case 0x69:
    case 0x68:
      return void reader.u32();
    case 0x63:
      valueType(reader);
      return valueType(reader);
    case 0x40:
      return functionType(reader, tally, where);
    case 0x41:
    case 0x42:
      return declarations(reader, tally, where, depth, form === 0x41, members);
    case 0x3f:
      if (reader.u8() !== 0x7f) throw malformed(reader.offset - 1, 'a resource that is not an i32');
      return optional(reader, () => void reader.u32());
    case 0x64:
    case 0x65:
    case 0x66:
    case 0x43:
    case 0x3e:
      throw unsupported(at, `The component uses an asynchronous type in ${where}`, asyncWayOut);
    default:
      throw malformed(at, `an unknown type 0x${form.toString(16)} in ${where}`);
  }
}

function items(reader: Reader, tally: Tally, each: (index: number) => unknown): void {
  const at = reader.offset;
  const count = reader.count();
  tally.add('typeItems', count, at);
  for (let index = 0; index < count; index += 1) each(index);
}

function optional(reader: Reader, read: () => void): void {
  const flag = reader.u8();
  if (flag === 1) read();
  else if (flag !== 0)
    throw malformed(reader.offset - 1, 'an option that is neither absent nor present');
}

/** A primitive in one byte, or the index of a type as a signed 33-bit number. */
function valueType(reader: Reader): void {
  const at = reader.offset;
  if (reader.peek() === 0x64)
    throw unsupported(at, 'The component uses error contexts', asyncWayOut);
  reader.skipLeb(5);
}

function functionType(reader: Reader, tally: Tally, where: string): void {
  items(reader, tally, (index) => {
    typeLabel(reader, tally, `parameter ${index} of a function in ${where}`);
    valueType(reader);
  });
  const at = reader.offset;
  const results = reader.u8();
  if (results === 0) return valueType(reader);
  if (results !== 1) throw malformed(at, 'an unknown form of results');
  items(reader, tally, (index) => {
    typeLabel(reader, tally, `result ${index} of a function in ${where}`);
    valueType(reader);
  });
}

function declarations(
  reader: Reader,
  tally: Tally,
  where: string,
  depth: number,
  component: boolean,
  members: ComponentMember[],
): void {
  items(reader, tally, () => {
    const at = reader.offset;
    const kind = reader.u8();
    if (kind === 0) surveyCoreType(reader, tally, where, depth + 1);
    else if (kind === 1) surveyType(reader, tally, where, depth + 1);
    else if (kind === 2) surveyAlias(reader, tally, where);
    else if (kind === 3 && component) {
      externName(reader, tally, `an import of a component type in ${where}`);
      externDescription(reader);
    } else if (kind === 4) {
      const name = externName(reader, tally, `an export of a type in ${where}`);
      members.push({ name, kind: externDescription(reader).kind });
    } else throw malformed(at, `an unknown declaration ${kind} in ${where}`);
  });
}

/** A core type in a component: a function type, or the type of a module with names of imports and exports. */
export function surveyCoreType(reader: Reader, tally: Tally, where: string, depth: number): void {
  const at = reader.offset;
  tally.add('types', 1, at);
  tally.check('typeDepth', depth, at);
  const form = reader.u8();
  if (form === 0x60) {
    coreValueTypes(reader, tally);
    coreValueTypes(reader, tally);
    return;
  }
  if (form !== 0x50) {
    throw unsupported(
      at,
      `The component uses a core type 0x${form.toString(16)}`,
      'Build it without garbage collection.',
    );
  }
  items(reader, tally, () => {
    const kind = reader.u8();
    if (kind === 0) {
      coreName(reader, tally, `an import module of a module type in ${where}`);
      coreName(reader, tally, `an import of a module type in ${where}`);
      skipImportType(reader, readImportKind(reader), tally);
    } else if (kind === 1) surveyCoreType(reader, tally, where, depth + 1);
    else if (kind === 2) {
      reader.u8();
      if (reader.u8() !== 1)
        throw malformed(reader.offset - 1, 'an unknown alias in a module type');
      reader.u32();
      reader.u32();
    } else if (kind === 3) {
      coreName(reader, tally, `an export of a module type in ${where}`);
      skipImportType(reader, readImportKind(reader), tally);
    } else throw malformed(reader.offset - 1, 'an unknown declaration in a module type');
  });
}

function coreValueTypes(reader: Reader, tally: Tally): void {
  items(reader, tally, () => {
    const byte = reader.u8();
    if (byte === 0x63 || byte === 0x64) reader.skipLeb(5);
  });
}
