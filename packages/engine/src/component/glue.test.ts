import { Script } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { assertClosedScript, moduleToScript } from './glue.ts';

const generated = (body: string) => `"use components";
export function instantiate(getCoreModule, imports, instantiateCore) {
  const _debugLog = (...args) => {
    if (!globalThis?.process?.env?.JCO_DEBUG) { return; }
    console.debug(...args);
  };
  _debugLog('never');
  ${body}
};

export const _util = {
  
}
`;

describe('moduleToScript', () => {
  it('gives a script that evaluates to the function, in strict mode and without debug output', () => {
    const script = moduleToScript(generated('return [this === undefined, getCoreModule(1)];'));
    const instantiate = new Script(script).runInThisContext() as (
      get: (x: number) => number,
    ) => unknown;
    expect(instantiate((x) => x + 1)).toEqual([true, 2]);
    expect(script).not.toContain('process');
  });

  it.each([
    ["import('node:fs')", /imports a module/u],
    ["import ('node:fs')", /imports a module/u],
    ["import/**/('node:fs')", /imports a module/u],
    ["import // x\n('node:fs')", /imports a module/u],
    ['import.meta.url', /imports a module/u],
    ["import.source('x')", /imports a module/u],
  ])('refuses the dynamic import %j', (body, reason) => {
    expect(() => moduleToScript(generated(body))).toThrow(reason);
  });

  it.each([
    "};\nimport fs from 'node:fs';\n{",
    '};\nexport const x = 1;\n{',
    '};\nawait 1;\n{',
    "'unclosed",
  ])('refuses the statement %j', (body) =>
    expect(() => moduleToScript(generated(body))).toThrow(/does not compile/u),
  );

  it('leaves properties called import alone', () => {
    expect(() => assertClosedScript('({ import: 1 }).import')).not.toThrow();
    expect(() => assertClosedScript('exports0.import(1)')).not.toThrow();
  });

  it('refuses code of another form than the pinned version writes', () => {
    expect(() => moduleToScript('export function other() {}')).toThrow(/exactly one/u);
    expect(() => moduleToScript(generated('') + generated(''))).toThrow(/exactly one/u);
  });
});
