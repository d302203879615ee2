import { Script } from 'node:vm';

/** The two places where jco's output is an ES module and not a script, and its switch to print debug messages. */
const rewrites = [
  ['export function instantiate(', 'function instantiate('],
  ['export const _util = {', 'const _util = {'],
  ['if (!globalThis?.process?.env?.JCO_DEBUG) { return; }\n    console.debug(...args);', ''],
] as const;

/** `import(…)`, which alone of a module's statements may also stand in a script. A property of that name is harmless. */
const dynamicImport = /(?<![.\w$])import(?:\s|\/\*[^]*?\*\/|\/\/[^\n]*\n)*[.(]/u;

/**
 * Turns the ES module that jco generates with `instantiation: 'sync'` into the text of a script. Evaluated (for
 * instance by `vm.Script`) it gives the function `(getCoreModule, imports, instantiateCore) => exports`.
 *
 * @throws Error when the text is not of the form that the pinned version of jco writes, or imports anything
 */
export function moduleToScript(source: string): string {
  let text = source;
  for (const [from, to] of rewrites) {
    const at = text.indexOf(from);
    if (at < 0 || text.includes(from, at + 1)) {
      throw new Error(`the generated code does not have exactly one "${from}"`);
    }
    text = text.slice(0, at) + to + text.slice(at + from.length);
  }
  const script = `(() => {'use strict';\n${text}\nreturn instantiate;\n})()`;
  assertClosedScript(script);
  return script;
}

/** Compiles without running: in a script, `import`, `export` and `import.meta` are syntax errors. */
export function assertClosedScript(script: string): void {
  if (dynamicImport.test(script)) throw new Error('the generated code imports a module');
  void new Script(script, { filename: 'component.js' });
}
