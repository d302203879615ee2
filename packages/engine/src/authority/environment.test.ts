import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { environmentMatches, filterEnvironment, isSensitiveName } from './environment.ts';

const env = {
  PATH: '/bin',
  AWS_REGION: 'eu',
  AWS_SECRET_ACCESS_KEY: 's',
  AWS_SESSION_TOKEN: 't',
  APP_NAME: 'n',
  APP_MODE: 'm',
  APP_API_KEY: 'k',
  app_name: 'lower',
  MY_APP_NAME: 'not at the start',
  db_password: 'p',
  EMPTY: '',
};

function passed(rule: {
  allowlist?: string[];
  blocklist?: string[];
  patterns?: string[];
}): string[] {
  const whole = { allowlist: [], blocklist: [], patterns: [], ...rule };
  return filterEnvironment(whole, env).map(([name]) => name);
}

describe('filterEnvironment (ENV-03)', () => {
  it.each([
    ['nothing', {}, []],
    ['names', { allowlist: ['PATH', 'EMPTY', 'MISSING'] }, ['EMPTY', 'PATH']],
    ['the whole name', { patterns: ['APP_*'] }, ['APP_MODE', 'APP_NAME']],
    ['its own case', { allowlist: ['path', 'app_*'] }, ['app_name']],
    ['patterns in order', { patterns: ['APP_*', '!APP_M*'] }, ['APP_NAME']],
    ['patterns in the other order', { patterns: ['!APP_M*', 'APP_*'] }, ['APP_MODE', 'APP_NAME']],
    ['a pattern against the allowlist', { allowlist: ['PATH'], patterns: ['!P*'] }, []],
    ['the blocklist against names', { allowlist: ['PATH'], blocklist: ['PATH'] }, []],
    [
      'the blocklist against patterns',
      { patterns: ['*'], blocklist: ['A*', '*app*', 'MY*'] },
      ['EMPTY', 'PATH'],
    ],
    ['a wildcard does not give secrets', { allowlist: ['AWS_*'] }, ['AWS_REGION']],
    ['nor does a pattern that is the name', { patterns: ['AWS_SESSION_TOKEN'] }, []],
    ['an exact name does', { allowlist: ['AWS_SESSION_TOKEN'] }, ['AWS_SESSION_TOKEN']],
    ['in lower case too', { patterns: ['db_*'] }, []],
    [
      'and is still blocked',
      { allowlist: ['AWS_SECRET_ACCESS_KEY', 'AWS_*'], blocklist: ['AWS_SECRET_*'] },
      ['AWS_REGION'],
    ],
    ['metacharacters are plain', { patterns: ['.*', 'A.P_NAME', 'APP_NAM'] }, []],
  ])('%s', (_, rule, expected) => {
    expect(passed(rule)).toEqual(expected);
  });

  it('needs every layer to agree', () => {
    const all = { allowlist: ['*'], blocklist: [], patterns: [] };
    const app = { allowlist: ['APP_*', 'APP_API_KEY'], blocklist: [], patterns: [] };
    expect(filterEnvironment([all, app], env).map(([name]) => name)).toEqual([
      'APP_MODE',
      'APP_NAME',
    ]);
    expect(filterEnvironment([], env)).toEqual([]);
  });

  it('knows own variables only, and keeps odd names as data', () => {
    const odd = Object.create({ INHERITED: 'x' }) as Record<string, string>;
    Object.defineProperty(odd, '__proto__', { value: 'own', enumerable: true });
    const rule = { allowlist: ['*'], blocklist: [], patterns: [] };
    expect(filterEnvironment(rule, odd)).toEqual([['__proto__', 'own']]);
  });
});

it.each(['API_KEY', 'x_api_key', 'SECRETARY', 'PasswordFile', 'tokens', 'RSA_PRIVATE_KEY_PATH'])(
  '%s is sensitive',
  (name) => {
    expect(isSensitiveName(name)).toBe(true);
  },
);

it('matches as the definition of * says', () => {
  const naive = (pattern: string, name: string): boolean => {
    if (pattern === '') return name === '';
    if (pattern.startsWith('*')) {
      return naive(pattern.slice(1), name) || (name !== '' && naive(pattern, name.slice(1)));
    }
    return name !== '' && pattern[0] === name[0] && naive(pattern.slice(1), name.slice(1));
  };
  const letters = (alphabet: string) =>
    fc.array(fc.constantFrom(...alphabet), { maxLength: 8 }).map((list) => list.join(''));
  fc.assert(
    fc.property(letters('ab*'), letters('ab'), (pattern, name) => {
      expect(environmentMatches(pattern, name)).toBe(naive(pattern, name));
    }),
    { numRuns: 2000 },
  );
});

it('ends on a pattern made to run long', () => {
  expect(environmentMatches(`${'*a'.repeat(100)}b`, 'a'.repeat(30_000))).toBe(false);
});
