/**
 * Names of tools for the functions that a component exports. A function of the world keeps its name. A function of an
 * interface is `interface_function`; where two would be called alike, each has its package before it, then also its
 * version: `namespace_package_interface_function_1-0-0`. Labels have no `_`, so the parts stay apart. A name of more
 * than 64 characters keeps its first 55, and ends in `_` and eight digits of a hash of the whole. Pure.
 */
import { parseInterfaceName } from '../component/names.ts';

export interface ExportedFunction {
  /** `undefined` for a function of the world. */
  readonly interfaceName: string | undefined;
  readonly functionName: string;
}

const LENGTH = 64;

/** In the order of the functions; all different. */
export function toolNames(functions: readonly ExportedFunction[]): string[] {
  const names = functions.map((entry) => forms(entry)[0]!);
  for (let step = 1; step < 3; step += 1) {
    const counts = new Map<string, number>();
    for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
    functions.forEach((entry, index) => {
      if (counts.get(names[index]!)! > 1) names[index] = forms(entry)[step]!;
    });
  }
  return names.map((name) => (name.length <= LENGTH ? name : `${name.slice(0, 55)}_${hash(name)}`));
}

/** From the shortest to the one that nobody else can have. */
function forms({ interfaceName, functionName }: ExportedFunction): readonly string[] {
  if (interfaceName === undefined) return [functionName, functionName, functionName];
  const parsed = parseInterfaceName(interfaceName);
  // An interface that the world declares inline has a plain name.
  if (!parsed) {
    const plain = `${interfaceName}_${functionName}`;
    return [plain, plain, plain];
  }
  const short = `${parsed.interface.replaceAll('/', '_')}_${functionName}`;
  const long = `${parsed.namespace.replaceAll(':', '_')}_${parsed.package}_${short}`;
  const version = parsed.version?.replaceAll(/[^0-9A-Za-z]/gu, '-');
  return [short, long, version === undefined ? long : `${long}_${version}`];
}

/** FNV-1a, 32 bits, as eight hexadecimal digits. */
function hash(text: string): string {
  let value = 0x81_1c_9d_c5;
  for (let at = 0; at < text.length; at += 1) {
    value = Math.imul(value ^ text.charCodeAt(at), 0x01_00_01_93);
  }
  return (value >>> 0).toString(16).padStart(8, '0');
}
