import { parseInterfaceName } from './names.ts';

/**
 * How a component is called.
 *
 * - `native`: it exports `skill:engine/tools@0.1.0`
 * - `command`: it exports `wasi:cli/run` of 0.2
 * - `flat`: it exports the functions `get-metadata`, `get-tools` and `execute-tool`
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
