import { Script } from 'node:vm';
import { callImportsDirectly } from './glue-imports.ts';

/**
 * The two places where jco's output is an ES module and not a script. Bindings outside of the function, which
 * all invocations share, are constant.
 */
const moduleForms = [
  ['export function instantiate(', 'const instantiate = function instantiate('],
  ['export const _util = {', ';const _util = {'],
] as const;

/** jco's switch to print debug messages; a component without functions has none. */
const debugSwitch =
  'if (!globalThis?.process?.env?.JCO_DEBUG) { return; }\n    console.debug(...args);';

/** `import(…)`, which alone of a module's statements may also stand in a script. A property of that name is harmless. */
const dynamicImport = /(?<![.\w$])import(?:\s|\/\*[^]*?\*\/|\/\/[^\n]*\n)*[.(]/u;

/**
 * Turns the ES module that jco generates with `instantiation: 'sync'` into the text of a script. Evaluated (for
 * instance by `vm.Script`) it gives the function `(getCoreModule, imports, instantiateCore) => exports`.
 *
 * @throws Error when the text is not of the form that the pinned version of jco writes, or imports anything
 */
export function moduleToScript(source: string): string {
  let text = callImportsDirectly(source);
  for (const [from, to] of moduleForms) {
    const at = text.indexOf(from);
    if (at < 0 || text.includes(from, at + 1)) {
      throw new Error(`the generated code does not have exactly one "${from}"`);
    }
    text = text.slice(0, at) + to + text.slice(at + from.length);
  }
  text = text.replace(debugSwitch, '');
  const script = `(() => {'use strict';\n${text}\nObject.freeze(_util);\nreturn instantiate;\n})()`;
  assertClosedScript(script);
  return script;
}

/** Compiles without running: in a script, `import`, `export` and `import.meta` are syntax errors. */
export function assertClosedScript(script: string): void {
  if (dynamicImport.test(script)) throw new Error('the generated code imports a module');
  try {
    void new Script(script, { filename: 'component.js' });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `the generated code does not compile (${reason}); a name of the component may be one that jco uses itself`,
      { cause },
    );
  }
}
