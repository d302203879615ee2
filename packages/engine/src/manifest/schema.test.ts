import { readdirSync, readFileSync } from 'node:fs';

import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';

import { schemaFile, schemaText } from '../../../../scripts/manifest-schema.ts';
import { manifestSchema } from './manifest.ts';
import { jsonOf } from './node.ts';
import { parseToml } from './toml.ts';

const corpus = new URL('corpus/', import.meta.url);
const validate = new Ajv2020({ strict: false }).compile(manifestSchema());

function json(folder: string, name: string): unknown {
  const tree = parseToml(readFileSync(new URL(`${folder}/${name}`, corpus), 'utf8'), name);
  const result = jsonOf(tree);
  if (!('json' in result)) throw new Error(`${name} has no JSON form`);
  return result.json;
}

const names = (folder: string): string[] => readdirSync(new URL(folder, corpus));

describe('docs/reference/manifest.schema.json', () => {
  it('is what scripts/manifest-schema.ts generates', () => {
    expect(readFileSync(schemaFile, 'utf8')).toBe(schemaText());
  });

  it.each(names('valid').filter((name) => name.endsWith('.toml')))('accepts %s', (name) => {
    expect({ valid: validate(json('valid', name)), errors: validate.errors }).toEqual({
      valid: true,
      errors: null,
    });
  });

  const unknown = names('wrong').filter(
    (name) =>
      name.endsWith('.txt') &&
      readFileSync(new URL(`wrong/${name}`, corpus), 'utf8').includes('found the unknown key'),
  );

  it('meets unknown keys in the corpus', () => {
    expect(unknown.length).toBeGreaterThan(10);
  });

  it.each(unknown)('refuses the unknown key of %s', (name) => {
    expect(validate(json('wrong', name.replace('.txt', '.toml')))).toBe(false);
  });
});
