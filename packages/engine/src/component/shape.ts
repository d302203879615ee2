import type { WitFunction } from '../wit/types.ts';
import { parseInterfaceName } from './names.ts';
import type { ComponentTypes } from './read-types.ts';

/**
 * How a component is called.
 *
 * - `native`: it exports `skill:engine/tools@0.1.0`
 * - `command`: it exports `wasi:cli/run` of 0.2
 * - `flat`: it exports the functions `get-metadata`, `get-tools` and `execute-tool`, all of text (see `isFlat`)
 * - `typed`: any other exports; each function is a tool
 */
export type ComponentShape = 'native' | 'command' | 'flat' | 'typed';

const flatFunctions = ['get-metadata', 'get-tools', 'execute-tool'];

/** The first shape of the list above that fits. */
export function detectShape(
  exports: readonly { readonly name: string; readonly kind: string }[],
): ComponentShape {
  const instances = exports.filter((entry) => entry.kind === 'instance').map((entry) => entry.name);
  if (instances.includes('skill:engine/tools@0.1.0')) return 'native';
  const run = instances
    .map(parseInterfaceName)
    .some(
      (name) =>
        name?.namespace === 'wasi' &&
        name.package === 'cli' &&
        name.interface === 'run' &&
        name.version?.startsWith('0.2.') === true,
    );
  if (run) return 'command';
  const functions = new Set(
    exports.filter((entry) => entry.kind === 'function').map((entry) => entry.name),
  );
  return flatFunctions.every((name) => functions.has(name)) ? 'flat' : 'typed';
}

/**
 * Whether the functions of the flat world take and give text. There is an older world with the same names and records in
 * place of text; its functions are tools like any others.
 */
export function isFlat({ types, exports }: ComponentTypes): boolean {
  const isText = (type: number | null) => type !== null && types[type]!.kind === 'string';
  const functions = new Map(
    exports.flatMap((entry): [string, WitFunction][] =>
      entry.kind === 'function' ? [[entry.name, entry.fn]] : [],
    ),
  );
  const fits = (name: string, counts: readonly number[]) => {
    const fn = functions.get(name);
    return (
      fn !== undefined &&
      isText(fn.result) &&
      counts.includes(fn.params.length) &&
      fn.params.every(({ type }) => isText(type))
    );
  };
  return (
    fits('get-metadata', [0]) &&
    fits('get-tools', [0]) &&
    fits('execute-tool', [2]) &&
    // Some skills take no configuration; it is left away then.
    (!functions.has('validate-config') || fits('validate-config', [0, 1]))
  );
}
