import { describe, expect, it } from 'vitest';

import { domainMatches, parseDomainPattern, parseHost } from './domain.ts';
import { Refusal } from './refusal.ts';

describe('hosts (NET-05, NET-07, NET-12)', () => {
  it.each([
    ['example.com', 'example.com'],
    ['EXAMPLE.com', 'example.com'],
    ['example.com.', 'example.com'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['ｅｘａｍｐｌｅ．ｃｏｍ', 'example.com'],
    ['example。com', 'example.com'],
    ['ex\u00adample.com', 'example.com'],
    ['a_b.example.com', 'a_b.example.com'],
    ['localhost', 'localhost'],
  ])('%s is the name %s', (text, name) => {
    expect(parseHost(text)).toEqual({ kind: 'name', name });
  });

  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['127.1', '127.0.0.1'],
    ['0', '0.0.0.0'],
    ['2130706433', '127.0.0.1'],
    ['0x7f000001', '127.0.0.1'],
    ['017700000001', '127.0.0.1'],
    ['127.0.0.1.', '127.0.0.1'],
    ['①②⑦.0.0.1', '127.0.0.1'],
    ['[::1]', '::1'],
    ['::1', '::1'],
  ])('%s is the address %s', (text, address) => {
    expect(parseHost(text)).toEqual({ kind: 'address', address });
  });

  it.each([
    '',
    '.',
    '..',
    'a..b',
    '.a',
    'a..',
    '-a.com',
    'a-.com',
    'a b.com',
    'a\tb.com',
    'a\nb.com',
    'a/b',
    'a\\b',
    'a?b',
    'a#b',
    'user@a.com',
    'a.com@evil',
    'a%2eb',
    'a:80',
    '[127.0.0.1]',
    '[::1',
    '::1]',
    '[fe80::1%25eth0]',
    '256.256.256.256',
    '1.2.3.4.5',
    'a.0x7f',
    '*.a.com',

    'ａ／ｂ.com',
    'a\u0000b',
    `${'a'.repeat(64)}.com`,
    `${'a.'.repeat(127)}com`,
    'xn--zz--.com',
  ])('%j is no host', (text) => {
    expect(parseHost(text)).toBeUndefined();
  });
});

describe('domain patterns', () => {
  it.each([
    ['API.GitHub.com.', 'api.github.com'],
    ['*.Example.COM', '*.example.com'],
    ['*.bücher.example', '*.xn--bcher-kva.example'],
    ['*.com', '*.com'],
  ])('%s is %s', (text, pattern) => {
    expect(parseDomainPattern(text)).toBe(pattern);
  });

  it.each([
    ['*', undefined],
    ['*.', undefined],
    ['*foo.com', '*.foo.com'],
    ['a.*.com', undefined],
    ['*.*.com', undefined],
    ['**.com', undefined],
    ['10.0.0.1', undefined],
    ['*.0.0.1', undefined],
    ['2130706433', undefined],
    ['https://a.com/x', 'a.com'],
    ['a.com:443', undefined],
    ['', undefined],
  ])('%s is refused', (text, instead) => {
    const refusal = parseDomainPattern(text);
    expect(refusal).toBeInstanceOf(Refusal);
    expect((refusal as Refusal).instead).toBe(instead);
  });

  it.each([
    ['example.com', 'example.com', true],
    ['example.com', 'a.example.com', false],
    ['*.example.com', 'a.example.com', true],
    ['*.example.com', 'a.b.example.com', true],
    ['*.example.com', 'example.com', false],
    ['*.example.com', 'evilexample.com', false],
    ['*.example.com', 'example.com.evil.com', false],
    ['example.com', 'example.com.evil.com', false],
    ['*.example.com', '.example.com', false],
  ])('%s matches %s: %s', (pattern, name, expected) => {
    const host = parseHost(name);
    expect(host?.kind === 'name' && domainMatches(pattern, host.name)).toBe(expected);
  });
});
