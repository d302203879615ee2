import { SkillError } from '../errors.ts';
import { malformed, type Reader, type Tally, unsupported } from './reader.ts';

/**
 * The characters that a name of a core module may have. Names of imports and exports land between quotes in the
 * JavaScript that jco generates, without any escaping; nothing here can end a string, start a comment, or form
 * a template. All names in real components fit.
 */
const coreCharacters = /^[A-Za-z0-9 #$()\-./:=>@[\]_|]*$/u;

const label = '[a-zA-Z][0-9a-zA-Z]*(?:-[0-9a-zA-Z]+)*';
const labelPattern = new RegExp(`^${label}$`, 'u');
const plainPattern = new RegExp(
  `^(?:\\[(?:constructor|method|static)\\])?${label}(?:\\.${label})?$`,
  'u',
);
const interfacePattern = new RegExp(
  `^(?:${label}:)+${label}(?:/${label})+(?:@[0-9]+\\.[0-9]+\\.[0-9]+(?:-[0-9A-Za-z.-]+)?)?$`,
  'u',
);

/** A name for an error message: what is not printable ASCII is escaped, and what is long is cut. */
export function escapeName(name: string): string {
  const cut = name.length > 80 ? `${name.slice(0, 80)}…` : name;
  const escaped = cut.replace(/[^\x20-\x7e…]|["\\]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return character === '"' || character === '\\' ? `\\${character}` : `\\u{${code.toString(16)}}`;
  });
  return `"${escaped}"`;
}

export function refuseName(name: string, where: string, offset: number, why: string): SkillError {
  return new SkillError(
    'COMPONENT_NAME_REFUSED',
    `The name ${escapeName(name)} of ${where} (at byte ${offset}) is refused: ${why}. ` +
      'Names become part of generated code, so only the forms that toolchains write are accepted. Rename it and rebuild.',
    { details: { name: escapeName(name), where, offset, reason: why } },
  );
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function readName(reader: Reader, tally: Tally, where: string): { name: string; offset: number } {
  const length = reader.u32();
  const { offset } = reader;
  reader.skip(length);
  const shown = reader.bytes.subarray(offset, offset + Math.min(length, 512));
  if (length > tally.bounds.nameLength) {
    const start = String.fromCharCode(...shown.subarray(0, 100));
    throw refuseName(
      start,
      where,
      offset,
      `it has ${length} bytes, ${tally.bounds.nameLength} are allowed`,
    );
  }
  tally.add('nameBytes', length, offset);
  try {
    return { name: decoder.decode(shown), offset };
  } catch {
    throw malformed(offset, `a name of ${where} that is not UTF-8`);
  }
}

/** A name of a core module, or of a core instance: strict characters, may be empty. */
export function coreName(reader: Reader, tally: Tally, where: string): string {
  const { name, offset } = readName(reader, tally, where);
  const bad = findBadCharacter(name);
  if (bad !== undefined) {
    throw refuseName(
      name,
      where,
      offset,
      `it contains ${escapeName(bad)}; allowed are letters, digits, space and #$()-./:=>@[]_|`,
    );
  }
  if (name === '__proto__')
    throw refuseName(name, where, offset, 'in an object literal it is not a name');
  return name;
}

export function findBadCharacter(name: string): string | undefined {
  if (coreCharacters.test(name)) return undefined;
  for (const character of name) {
    if (!coreCharacters.test(character)) return character;
  }
  return undefined;
}

/** A label of a type: a record's field, a variant's case, a flag, a parameter. */
export function typeLabel(reader: Reader, tally: Tally, where: string): string {
  const { name, offset } = readName(reader, tally, where);
  if (!labelPattern.test(name))
    throw refuseName(name, where, offset, 'a label has words of letters and digits joined by "-"');
  return name;
}

/**
 * The name of a component's import or export: `label`, `[method]resource.label` or `namespace:package/interface@1.2.3`.
 * The further forms of the component model (`unlocked-dep=`, `locked-dep=`, `url=`, `integrity=`, `[implements=…]`)
 * ask for a resolver that does not exist here, and some make jco panic.
 */
export function externName(
  reader: Reader,
  tally: Tally,
  where: string,
  { discriminated = true }: { readonly discriminated?: boolean } = {},
): string {
  // 0 and 1 once told labels from interfaces; both are written today, and mean the same.
  if (discriminated && reader.u8() > 1) {
    throw unsupported(
      reader.offset - 1,
      `The component uses a form of name that is not supported for ${where}`,
      'Build it with a toolchain for WASI 0.2.',
    );
  }
  const { name, offset } = readName(reader, tally, where);
  if (plainPattern.test(name) || interfacePattern.test(name)) return name;
  throw refuseName(
    name,
    where,
    offset,
    'allowed forms are "label", "[method]resource.label" and "namespace:package/interface@1.2.3"',
  );
}

/** An interface name in its parts; undefined for a plain name. */
export interface InterfaceName {
  readonly namespace: string;
  readonly package: string;
  readonly interface: string;
  readonly version: string | undefined;
}

export function parseInterfaceName(name: string): InterfaceName | undefined {
  if (!interfacePattern.test(name)) return undefined;
  const at = name.indexOf('@');
  const path = at < 0 ? name : name.slice(0, at);
  const slash = path.indexOf('/');
  const colon = path.lastIndexOf(':', slash);
  return {
    namespace: path.slice(0, colon),
    package: path.slice(colon + 1, slash),
    interface: path.slice(slash + 1),
    version: at < 0 ? undefined : name.slice(at + 1),
  };
}
