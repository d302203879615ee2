import { describe, expect, it } from 'vitest';

import { SkillError } from '../errors.ts';
import { parseManifest } from './manifest.ts';

const skill = '[skill]\nname = "a"\ncomponent = "a.wasm"\n';

function failure(text: string): SkillError {
  try {
    parseManifest(text, { file: 'skill.toml' });
  } catch (error) {
    return error as SkillError;
  }
  throw new Error('accepted');
}

describe('parseManifest', () => {
  it('gives nothing by default', () => {
    const [only] = parseManifest(skill, { file: 'skill.toml' }).skills;
    expect(only?.capabilities).toEqual({
      filesystem: { grants: [], forbidden: [] },
      network: { rules: [], dns: undefined },
      environment: { allowlist: [], blocklist: [], patterns: [] },
      credentials: [],
      interfaces: [],
      volumes: [],
    });
    expect(only?.resources).toEqual({
      memoryBytes: 64 * 1024 * 1024,
      fuel: 1e10,
      timeoutMs: 30_000,
      outputBytes: 1024 * 1024,
      diskBytes: 64 * 1024 * 1024,
      cpu: undefined,
      concurrency: undefined,
      rate: undefined,
    });
  });

  it('lists 50 problems and counts the others', () => {
    const keys = Array.from({ length: 2000 }, (_, index) => `k${index} = ${index}`).join('\n');
    const error = failure(`${skill}${keys}\n`);
    expect(error.details?.['problems']).toHaveLength(50);
    expect(error.details?.['total']).toBe(2000);
    expect(error.message.endsWith('\nand 1950 more')).toBe(true);
  });

  it('gives each problem as data', () => {
    const error = failure(`${skill}versoin = "1.0.0"\n`);
    expect(error.toJSON().details?.['problems']).toEqual([
      {
        file: 'skill.toml',
        line: 4,
        column: 1,
        keyPath: 'skill.versoin',
        found: 'the unknown key "versoin"',
        allowed:
          'name, version, description, resources, limits, tools, overrides, runtime, capabilities, component, config, sha256',
        suggestion: 'version',
        message: expect.stringContaining('did you mean version?'),
      },
    ]);
  });

  it('gives no capability for a table named __proto__ or constructor (TOM-02)', () => {
    for (const name of ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty']) {
      const grant = `[skill.${name}]\nfilesystem = ["read:/"]\n`;
      expect(failure(`${skill}${grant}`).message).toContain(`the unknown key "${name}"`);
      const inside = `[skill.capabilities.${name}]\nread = ["/"]\n`;
      expect(failure(`${skill}${inside}`).message).toContain(`the unknown key "${name}"`);
    }
  });

  it('keeps hostile text out of its messages as it stands', () => {
    const message = failure(
      `${skill}"\\u202e\\n\\u001b]0;x\\u0007" = 1\nversion = "\\u202e\\r\\n"\n`,
    ).message;
    expect(message).toMatch(/^[\n\u0020-\u007e]*$/);
    expect(message.split('\n')).toHaveLength(2);
  });

  it('keeps an inline schema as data, __proto__ included', () => {
    const tools =
      '[skill.tools.run]\nschema = { properties = { __proto__ = { type = "string" } } }\n';
    const [only] = parseManifest(`${skill}${tools}`, { file: 'f' }).skills;
    const parameters = only?.tools[0]?.parameters;
    expect(parameters?.kind === 'schema' && JSON.stringify(parameters.schema)).toBe(
      '{"properties":{"__proto__":{"type":"string"}}}',
    );
  });
});
