import { describe, expect, test } from 'vitest';
import { isSensitiveName, redactSensitive, sensitiveNames } from './sensitive.ts';

describe('names that look sensitive', () => {
  test.each([
    'SECRET',
    'my_secret',
    'clientSecret',
    'PASSWORD',
    'user-password',
    'Token',
    'access.token',
    'API_KEY',
    'apiKey',
    'apikey',
    'api-key',
    'X-Api-Key',
    'api key',
    'PRIVATE_KEY',
    'privateKey',
    'AWS_SECRET_ACCESS_KEY',
    'p a s s w o r d',
    'ａｐｉＫｅｙ',
    'pass\u200bword',
    'authorization',
    'credentials',
  ])('%j', (name) => {
    expect(isSensitiveName(name)).toBe(true);
  });

  test.each(['key', 'path', 'pass', 'author', 'apis', '', 'kind', '__proto__'])(
    'not %j',
    (name) => {
      expect(isSensitiveName(name)).toBe(false);
    },
  );
});

describe("marks in a tool's schema", () => {
  const names = (schema: Parameters<typeof sensitiveNames>[0]): string[] =>
    [...sensitiveNames(schema).names].sort();

  test('sensitive, writeOnly and format mark the property', () => {
    const properties = {
      a: { type: 'string', sensitive: true },
      b: { writeOnly: true },
      c: { format: 'password' },
      d: { format: 'secret' },
      e: { sensitive: 'yes', writeOnly: false, format: 'path' },
    };
    expect(names({ properties })).toEqual(['a', 'b', 'c', 'd']);
  });

  test('a mark on an item, a branch or an additional property counts for the property around it', () => {
    const mark = { sensitive: true };
    const properties = {
      items: { items: mark },
      tuple: { prefixItems: [{}, mark] },
      branch: { anyOf: [{ type: 'null' }, { allOf: [mark] }] },
      map: { additionalProperties: mark },
      pattern: { patternProperties: { '^x': mark } },
      condition: { if: {}, else: mark },
      parent: { properties: { child: mark, other: {} } },
    };
    expect(names({ properties })).toEqual([
      'branch',
      'child',
      'condition',
      'items',
      'map',
      'pattern',
      'tuple',
    ]);
  });

  test('references are followed, also in circles, by pointer and by anchor', () => {
    const schema = {
      $defs: {
        pin: { $anchor: 'pin', writeOnly: true },
        'a/b': { $ref: '#/$defs/pin' },
        loop: { anyOf: [{ $ref: '#/$defs/loop2' }] },
        loop2: { anyOf: [{ $ref: '#/$defs/loop' }, { $ref: '#pin' }] },
      },
      properties: {
        one: { $ref: '#/$defs/a~1b' },
        two: { $ref: '#pin' },
        three: { $ref: '#/$defs/loop' },
        four: { $ref: '#/nowhere' },
      },
    };
    expect(names(schema)).toEqual(['one', 'three', 'two']);
  });

  test('a mark at the root hides everything', () => {
    const marks = sensitiveNames({ allOf: [{ sensitive: true }] });
    expect(redactSensitive({ a: 1 }, marks)).toBe('[REDACTED]');
  });

  test('own properties only', () => {
    const schema = Object.create({ sensitive: true }) as Record<string, never>;
    expect(sensitiveNames(schema)).toEqual({ everything: false, names: new Set() });
  });
});

describe('command arguments in lists', () => {
  test('values of sensitive flags and assignments go', () => {
    const args = [
      'deploy',
      '--token=abc',
      '--password',
      'hunter2',
      'API_KEY=k',
      '-v',
      '--name',
      'x',
      'a=b=c',
    ];
    expect(redactSensitive(args)).toEqual([
      'deploy',
      '--token=[REDACTED]',
      '--password',
      '[REDACTED]',
      'API_KEY=[REDACTED]',
      '-v',
      '--name',
      'x',
      'a=b=c',
    ]);
  });

  test('what follows a sensitive flag is hidden even when it looks like a flag', () => {
    expect(redactSensitive(['--token', '-abc', 'x'])).toEqual(['--token', '[REDACTED]', 'x']);
    expect(redactSensitive(['--token', '--password', 'x'])).toEqual([
      '--token',
      '[REDACTED]',
      '[REDACTED]',
    ]);
  });
});
