/** Frontmatter of the Agent Skills format, and documents that try to be more than that. */
import { describe, expect, it } from 'vitest';
import { parseSkillMd } from './frontmatter.ts';

const parse = (text: string, name = 'demo') =>
  parseSkillMd(new TextEncoder().encode(text), name, 'demo/SKILL.md');
const withHead = (head: string) => `---\n${head}\n---\nDo it.\n`;
const sound = 'name: demo\ndescription: Shows.';
const refusal = (text: string, name?: string): string => {
  try {
    parse(text, name);
    return 'accepted';
  } catch (error) {
    expect(error).toMatchObject({ name: 'SkillError', code: 'SKILL_MD_INVALID' });
    return (error as Error).message;
  }
};

it('reads every field of the format', () => {
  const head = [
    'name: demo',
    'description: >-',
    '  Shows PDFs.',
    '  Use it for forms.',
    'license: Apache-2.0',
    'compatibility: needs no network',
    'metadata:',
    '  version: 1.0',
    '  author: "someone"',
    'allowed-tools: Bash(git add:*) Read',
  ].join('\r\n');
  expect(parse(`\uFEFF${withHead(head)}`)).toEqual({
    name: 'demo',
    description: 'Shows PDFs. Use it for forms.',
    license: 'Apache-2.0',
    compatibility: 'needs no network',
    metadata: { version: '1.0', author: 'someone' },
    allowedTools: ['Bash(git add:*)', 'Read'],
    instructions: 'Do it.',
    warnings: [],
  });
});

it('keeps __proto__ as data, and only warns of unknown keys', () => {
  const found = parse(
    withHead(`${sound}\nmetadata:\n  __proto__: x\n  constructor: y\n__proto__: z`),
  );
  expect(Object.entries(found.metadata)).toEqual([
    ['__proto__', 'x'],
    ['constructor', 'y'],
  ]);
  expect(found.warnings).toEqual(['"__proto__" is no key of SKILL.md']);
  expect(Object.getPrototypeOf(found.metadata)).toBe(Object.prototype);
});

describe('refuses', () => {
  it.each([
    ['upper case', 'Demo'],
    ['a leading hyphen', '-demo'],
    ['a trailing hyphen', 'demo-'],
    ['a double hyphen', 'de--mo'],
    ['65 characters', 'a'.repeat(65)],
    ['a Cyrillic letter', 'dem\u043e'],
    ['full-width letters', '\uff44\uff45mo'],
    ['an underscore', 'de_mo'],
    ['a path', '../demo'],
    ['a zero-width space', 'de\u200bmo'],
    ['nothing', '""'],
  ])('a name with %s', (_what, name) => {
    expect(refusal(withHead(`name: ${name}\ndescription: Shows.`), name)).toMatch(/name (is|has)/);
  });

  it('a name that is not the name of the folder', () => {
    expect(refusal(withHead(sound), 'other')).toContain('the folder is called "other"');
  });

  it.each([
    ['aliases', `${sound}\nmetadata:\n  a: &a x\n  b: *a`, 'anchors'],
    ['a merge', `${sound}\nmetadata:\n  <<: *a`, 'aliases'],
    ['a billion laughs', `a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n${sound}`, 'anchors'],
    ['a tag', `${sound}\nlicense: !!js/function "x"`, 'tags'],
    ['a tag of ours', `${sound}\nlicense: !custom x`, 'tags'],
    ['a directive', `%YAML 1.1\n---\n${sound}`, ''],
    ['two documents', `${sound}\n...\nname: other`, 'document'],
    ['flow nesting', `${sound}\nx: ${'['.repeat(20_000)}`, 'nested too deeply'],
    ['map nesting', `${sound}\nx: ${'{a: '.repeat(10_000)}`, 'nested too deeply'],
    ['list nesting', `${sound}\nx:\n  ${'- '.repeat(20_000)}y`, 'nested too deeply'],
    ['question marks', `${sound}\n${'? '.repeat(20_000)}y`, 'nested too deeply'],
    ['64 KiB', `${sound}\n${'# x\n'.repeat(20_000)}`, 'more than 65536 bytes'],
    ['a key twice', `${sound}\nname: demo`, 'unique'],
    ['a metadata key twice', `${sound}\nmetadata:\n  a: x\n  "a": y`, 'unique'],
    ['a list for a name', 'name: [demo]\ndescription: x', 'name must be text'],
    ['a key that is a list', `${sound}\n? [a]\n: b`, ''],
    ['no mapping', '- name', 'not a mapping'],
    ['nothing', '', ''],
    ['no description', 'name: demo', 'description is missing'],
    ['an empty description', 'name: demo\ndescription: "  "', 'description is missing'],
    ['a long description', `name: demo\ndescription: ${'x'.repeat(1025)}`, '1024'],
    ['a long compatibility', `${sound}\ncompatibility: ${'x'.repeat(501)}`, '500'],
    ['metadata that is a list', `${sound}\nmetadata: [a]`, 'mapping of text to text'],
    ['metadata with a list', `${sound}\nmetadata: { a: [b] }`, 'no text'],
    ['tools in a list', `${sound}\nallowed-tools: [Read]`, 'allowed-tools must be text'],
    ['terminal sequences', 'name: demo\ndescription: "x \\e]0;y\\a"', '\\u{1b}'],
    ['reordered text', 'name: demo\ndescription: "x \u202e y"', '\\u{202e}'],
    ['hidden tags', 'name: demo\ndescription: "x \u{e0041}"', '\\u{e0041}'],
  ])('frontmatter with %s', (_what, head, why) => {
    const message = refusal(withHead(head));
    expect(message).not.toBe('accepted');
    expect(message).toContain(why);
    expect(message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it.each([
    ['without frontmatter', 'Do it.'],
    ['without an end', `---\n${sound}\n`],
    ['with something before it', `x\n${withHead(sound)}`],
  ])('a file %s', (_what, text) => {
    expect(refusal(text)).not.toBe('accepted');
  });

  it('a file that is not UTF-8', () => {
    expect(() => parseSkillMd(Uint8Array.of(0x2d, 0xff), 'demo', 'x')).toThrow('UTF-8');
  });

  it('the bounds themselves are allowed', () => {
    const name = 'a'.repeat(64);
    const head = `name: ${name}\ndescription: ${'é'.repeat(1024)}\ncompatibility: ${'x'.repeat(500)}`;
    expect(refusal(withHead(head), name)).toBe('accepted');
  });
});
