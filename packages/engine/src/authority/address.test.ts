import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  blockContains,
  formatAddress,
  formatBlock,
  parseAddress,
  parseBlock,
  unmap,
} from './address.ts';
import { Refusal } from './refusal.ts';

function block(text: string) {
  const parsed = parseBlock(text);
  if (parsed instanceof Refusal) throw new Error(`${text}: ${parsed.why ?? ''}`);
  return parsed;
}

function address(text: string) {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
}

describe('addresses', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['0.0.0.0', '0.0.0.0'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['::ffff:10.0.0.1', '::ffff:a00:1'],
    ['0:0:0:0:0:0:13.1.68.3', '::d01:4403'],
  ])('%s is %s', (text, canonical) => {
    expect(formatAddress(address(text))).toBe(canonical);
  });

  it.each([
    '',
    '1',
    '127.1',
    '010.0.0.1',
    '1.2.3',
    '1.2.3.4.5',
    '256.0.0.1',
    '1.2.3.4 ',
    '0x7f.0.0.1',

    '1.2.3.+4',
    '१.2.3.4',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '12345::',

    '1:2:3:4:5:6:7::8',
    'fe80::1%eth0',
    '[::1]',
    '::g',
    '::1.2.3',
    '1.2.3.4::',
    '::1.2.3.4:5',
    '::1 ',
  ])('%j is none', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  it('are the same after formatting', () => {
    const any = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n });
    fc.assert(
      fc.property(any, fc.integer({ min: 0, max: 128 }), (bits, shift) => {
        const v6 = { version: 6, bits: bits >> BigInt(shift) } as const;
        expect(parseAddress(formatAddress(v6))).toEqual(v6);
        const v4 = { version: 4, bits: bits & 0xffffffffn } as const;
        expect(parseAddress(formatAddress(v4))).toEqual(v4);
      }),
    );
  });

  it('in IPv6 notation are IPv4', () => {
    expect(unmap(address('::ffff:10.0.0.1'))).toEqual(address('10.0.0.1'));
    expect(unmap(address('::fffe:10.0.0.1'))).toEqual(address('::fffe:10.0.0.1'));
  });
});

describe('blocks (NET-19)', () => {
  it.each([
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['192.0.2.7', '192.0.2.7/32'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['::/0', '::/0'],
    ['2001:DB8::/32', '2001:db8::/32'],
  ])('%s is %s', (text, canonical) => {
    expect(formatBlock(block(text))).toBe(canonical);
  });

  it.each([
    ['10.0.0.0/33', undefined],
    ['10.0.0.0/-1', undefined],
    ['10.0.0.0/08', undefined],
    ['10.0.0.0/', undefined],
    ['10.0.0.0/8/8', undefined],
    ['10.0.0.0/1e1', undefined],
    ['010.0.0.0/8', undefined],
    ['10/8', undefined],
    ['::/129', undefined],
    ['10.0.0.1/8', '10.0.0.0/8'],
    ['2001:db8::1/32', '2001:db8::/32'],
    ['::ffff:10.0.0.0/104', '10.0.0.0/8'],
  ])('%s is refused', (text, instead) => {
    const refusal = parseBlock(text);
    expect(refusal).toBeInstanceOf(Refusal);
    expect((refusal as Refusal).instead).toBe(instead);
  });

  it.each([
    ['10.0.0.0/8', '10.255.255.255', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.0.0.0/8', '9.255.255.255', false],
    ['0.0.0.0/0', '255.255.255.255', true],
    ['0.0.0.0/0', '::1', false],
    ['::/0', '10.0.0.1', false],
    ['2001:db8::/33', '2001:db8:8000::', false],
    ['192.0.2.7/32', '192.0.2.7', true],
  ])('%s and %s: %s', (text, inside, expected) => {
    expect(blockContains(block(text), address(inside))).toBe(expected);
  });
});
