import * as fc from 'fast-check';
import { Script } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { SkillError } from '../errors.ts';
import { defaultBounds } from './bounds.ts';
import { coreName, escapeName, externName, parseInterfaceName, typeLabel } from './names.ts';
import { Reader, Tally } from './reader.ts';

function encoded(name: string, ...before: number[]): Reader {
  const text = new TextEncoder().encode(name);
  const bytes = Uint8Array.from([
    ...before,
    (text.length & 0x7f) | 0x80,
    text.length >> 7,
    ...text,
  ]);
  return new Reader(bytes, 0, bytes.byteLength);
}

const tally = () => new Tally(defaultBounds);
const readCore = (name: string) => coreName(encoded(name), tally(), 'a test');
const readExtern = (name: string) => externName(encoded(name, 0), tally(), 'a test');
const readLabel = (name: string) => typeLabel(encoded(name), tally(), 'a test');
/** Undefined when refused; anything but a refusal is a failure of the test. */
function readOrRefuse(name: string): string | undefined {
  try {
    return readCore(name);
  } catch (failure) {
    if (failure instanceof SkillError && failure.code.startsWith('COMPONENT_')) return undefined;
    throw failure;
  }
}

const refused = expect.objectContaining({ code: 'COMPONENT_NAME_REFUSED' });

/** Mostly of allowed characters, so that many are accepted, with those that would do harm among them. */
const harmful = [...'\'"`\\\n\r\u2028;{}<*'];
const anyName = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: fc.constantFrom(...'ab1 #$()-./:=>@[]_|'), maxLength: 40 }),
  fc.string({ unit: fc.constantFrom(...'ab1 #$()-./:=>@[]_|', ...harmful), maxLength: 12 }),
);

describe('names of core modules', () => {
  it.each([
    '',
    'memory',
    '$imports',
    'cabi_post_foo:bar/baz@1.0.0#[method]thing.do-it',
    'wasi:io/poll@0.2.0|[resource-drop]pollable',
    '[export]a:b/c@0.2.0-rc-2023-11-10#[dtor]x=>y(z)',
    'constructor',
    'hasOwnProperty',
  ])('accepts %j', (name) => expect(readCore(name)).toBe(name));

  it.each([
    "x'],CODE,exports0['x",
    'a"b',
    'a\\',
    'a`b',
    'a${b}',
    'a\nb',
    'a\rb',
    'a\u2028b',
    'a\u2029b',
    'a\0b',
    '*/',
    '<!--',
    'a;b',
    'a,b',
    'a+b',
    'a{',
    'é',
    '\u{1f600}',
    '\u202eabc',
    '__proto__',
  ])('refuses %j', (name) => expect(() => readCore(name)).toThrow(refused));

  it('refuses a name that is too long without showing all of it', () => {
    expect(() => readCore('a'.repeat(300))).toThrow(/it has 300 bytes, 256 are allowed/u);
  });

  it('accepts nothing that leaves its quotes, ends a comment or a template', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        const accepted = readOrRefuse(name);
        if (accepted === undefined) return;
        for (const text of [`'${accepted}'`, `"${accepted}"`, `\`${accepted}\``]) {
          expect(new Script(text).runInThisContext()).toBe(accepted);
        }
        expect(new Script(`/* ${accepted} */ 1 // ${accepted}`).runInThisContext()).toBe(1);
        expect(new Script(`({ '${accepted}': 1 })`).runInThisContext()).toEqual({ [accepted]: 1 });
      }),
    );
  });
});

describe('names of imports and exports', () => {
  it.each([
    'run',
    'get-tools',
    'execute-2',
    'a1-b-3c',
    'HTTP-get',
    '[constructor]descriptor',
    '[method]descriptor.read-via-stream',
    '[static]fields.from-list',
    'wasi:cli/run@0.2.6',
    'wasi:http/types@0.3.0-rc-2026-03-15',
    'local:demo/tools',
    'a:b:c/d/e@1.2.3',
  ])('accepts %j', (name) => expect(readExtern(name)).toBe(name));

  it.each([
    'unlocked-dep=<a:b@{>=1.0.0}>',
    'unlocked-dep=<a:b>',
    'locked-dep=<a:b@1.2.3>',
    'locked-dep=<a:b@1.2.3>,integrity=<sha256-YQ==>',
    'url=<https://example.com/a.wasm>',
    'url=<https://example.com>,integrity=<sha256-YQ==>',
    'integrity=<sha256-YQ==>',
    '[implements=<a:b/c>]d',
    '[async]run',
    '[async method]a.b',
    '',
    '-a',
    'a-',
    'a--b',
    '1a',
    'a_b',
    '__proto__',
    "a'b",
    'a:b',
    'a:b/',
    'a:b/c@1',
    'a:b/c@1.2.3+build',
    "a:b/c@1.2.3-'",
    'a:b/c@1.2.3 ',
    'a.b.c',
    '[method]',
  ])('refuses %j', (name) => expect(() => readExtern(name)).toThrow(refused));

  it('refuses an unknown form of name', () => {
    expect(() => externName(encoded('run', 2), tally(), 'a test')).toThrow(
      expect.objectContaining({ code: 'COMPONENT_UNSUPPORTED' }),
    );
  });

  it('takes an interface name apart', () => {
    expect(parseInterfaceName('wasi:cli/run@0.2.6')).toEqual({
      namespace: 'wasi',
      package: 'cli',
      interface: 'run',
      version: '0.2.6',
    });
    expect(parseInterfaceName('a:b:c/d')).toEqual({
      namespace: 'a:b',
      package: 'c',
      interface: 'd',
      version: undefined,
    });
    expect(parseInterfaceName('run')).toBeUndefined();
  });

  it('judges long names in linear time', () => {
    const wide = { ...defaultBounds, nameLength: 1_000_000 };
    for (const name of [
      `${'a-'.repeat(5000)}!`,
      `${'a:'.repeat(5000)}!`,
      `a:b${'/c'.repeat(5000)}!`,
    ]) {
      expect(() => externName(encoded(name, 0), new Tally(wide), 'a test')).toThrow(refused);
    }
  });
});

describe('labels of types', () => {
  it.each(['constructor', 'a', 'in', 'b-2-c'])('accepts %j', (name) =>
    expect(readLabel(name)).toBe(name),
  );
  it.each(['', 'a.b', '[method]a', "a'", 'a b', '__proto__', 'a:b/c'])('refuses %j', (name) => {
    expect(() => readLabel(name)).toThrow(refused);
  });
});

describe('escapeName', () => {
  it('shows control and foreign characters by their code, and cuts', () => {
    expect(escapeName('a\u001b[31m\n"é\u202e\\')).toBe(
      '"a\\u{1b}[31m\\u{a}\\"\\u{e9}\\u{202e}\\\\"',
    );
    expect(escapeName('x'.repeat(200))).toBe(`"${'x'.repeat(80)}…"`);
  });
});
