import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { manifestSchema, parseManifest } from './manifest.ts';

const reference = readFileSync(
  new URL('../../../../docs/reference/manifest.md', import.meta.url),
  'utf8',
);
const blocks = [...reference.matchAll(/^```(toml|toml wrong|text)\n([\s\S]*?)^```$/gm)].map(
  ([, language = '', text = '']) => ({ language, text }),
);
const entry = '[[skills]]\nname = "a"\ncomponent = "a.wasm"\n\n';

function parse(text: string): unknown {
  return parseManifest(/^\[\[?skills?\]/m.test(text) ? text : entry + text, { file: 'skill.toml' });
}

/** Every key that the format has, wherever it stands. */
function keysOf(schema: unknown, keys = new Set<string>()): Set<string> {
  if (typeof schema !== 'object' || schema === null) return keys;
  for (const [name, value] of Object.entries(schema)) {
    const isProperties = name === 'properties' && typeof value === 'object' && !('$ref' in value);
    if (isProperties && !('type' in value && typeof value.type === 'string')) {
      for (const key of Object.keys(value)) keys.add(key);
    }
    keysOf(value, keys);
  }
  return keys;
}

describe('docs/reference/manifest.md', () => {
  it.each(blocks.filter((block) => block.language === 'toml'))('runs: $text', ({ text }) => {
    expect(() => parse(text)).not.toThrow();
  });

  it('shows errors as they are', () => {
    const wrong = blocks.flatMap((block, index) =>
      block.language === 'toml wrong' ? [{ text: block.text, shown: blocks[index + 1]?.text }] : [],
    );
    expect(wrong.length).toBeGreaterThan(0);
    for (const { text, shown } of wrong) expect(() => parse(text)).toThrow(shown?.trimEnd());
  });

  it('has a row for every key, and none for others', () => {
    const rows = [...reference.matchAll(/^\| ((?:`[a-z_0-9]+`(?:, )?)+) \|/gm)].flatMap(
      ([, cell = '']) => [...cell.matchAll(/`([a-z_0-9]+)`/g)].map((match) => match[1] ?? ''),
    );
    const keys = keysOf(manifestSchema());
    const headings = [...reference.matchAll(/^### `([a-z]+)`$/gm)].map((match) => match[1] ?? '');
    const documented = new Set(['skill', 'skills', ...rows, ...headings]);
    expect([...documented].toSorted()).toEqual([...keys].toSorted());
  });
});
