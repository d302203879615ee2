/** From WIT to the TypeScript declarations of its interfaces, as an embedding program implements them. */
import { $init, generateTypes } from '@bytecodealliance/jco-transpile/component';

/** A file name, and the declarations of one interface. */
export type Declarations = ReadonlyMap<string, string>;

/**
 * @param wit one package, or several nested ones
 * @param named interfaces, by their labels or with their packages; none means all of the first package
 * @throws a plain error that says what of the text is not WIT
 */
export async function declarationsOf(wit: string, named: readonly string[]): Promise<Declarations> {
  await $init;
  const interfaces = named.length > 0 ? named : interfacesOf(wit);
  if (interfaces.length === 0) throw new Error('it has no interface; name one of a nested package');
  const imports = interfaces.map((name) => `import ${name};`).join(' ');
  const head = /^\s*package\s+[^{}]*?;/mu.test(wit) ? '' : 'package skill-engine:types;\n';
  const world = 'skill-engine-types';
  const files = generateTypes(world, {
    wit: { tag: 'source', val: `${head}${wit}\nworld ${world} { ${imports} }\n` },
    world,
    instantiation: { tag: 'async' },
    features: { tag: 'list', val: [] },
    guest: false,
  });
  const declared = files.flatMap(([path, bytes]) => {
    const name = /^interfaces\/([^/]+\.d\.ts)$/u.exec(path)?.[1];
    return name === undefined ? [] : [[name, new TextDecoder().decode(bytes)] as const];
  });
  return new Map(declared);
}

/** Labels of the interfaces that no nested package holds. */
function interfacesOf(wit: string): string[] {
  const text = wit.replaceAll(/\/\*[^]*?\*\/|\/\/.*$/gmu, '');
  const found: string[] = [];
  let depth = 0;
  for (const [token, label] of text.matchAll(/\binterface\s+(%?[\w-]+)\s*\{|\{|\}/gu)) {
    if (token === '}') depth -= 1;
    else {
      if (label !== undefined && depth === 0) found.push(label);
      depth += 1;
    }
  }
  return found;
}
