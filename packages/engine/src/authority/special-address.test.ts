import { describe, expect, it } from 'vitest';

import { parseAddress, parseBlock, type Address, type Block } from './address.ts';
import { blockNames, specialKind } from './special-address.ts';

const kindOf = (text: string): string | undefined => specialKind(parseAddress(text) as Address);
const names = (block: string, address: string): boolean =>
  blockNames(parseBlock(block) as Block, parseAddress(address) as Address);

describe('special addresses (NET-09, NET-20)', () => {
  it.each([
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['0.0.0.0', 'this-network'],
    ['10.1.2.3', 'private'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.0.1', 'private'],
    ['100.64.0.1', 'carrier-grade NAT'],
    ['169.254.1.1', 'link-local'],
    ['169.254.169.254', 'cloud metadata'],
    ['100.100.100.200', 'cloud metadata'],
    ['168.63.129.16', 'cloud metadata'],
    ['fd00:ec2::254', 'cloud metadata'],
    ['224.0.0.1', 'multicast'],
    ['255.255.255.255', 'broadcast'],
    ['240.0.0.1', 'reserved'],
    ['::', 'unspecified'],
    ['::1', 'loopback'],
    ['::7f00:1', 'unspecified, loopback or IPv4-compatible'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:169.254.169.254', 'cloud metadata'],
    ['::ffff:0:127.0.0.1', 'translated'],
    ['64:ff9b::127.0.0.1', 'translated loopback'],
    ['64:ff9b::a9fe:a9fe', 'translated cloud metadata'],
    ['64:ff9b:1::1', 'local translation'],
    ['2002:7f00:1::', 'translated loopback'],
    ['2002:a00:1::1', 'translated private'],
    ['2001::1', 'protocol assignment'],
    ['fc00::1', 'unique local'],
    ['fdff::1', 'unique local'],
    ['fe80::1', 'link-local'],
    ['febf::1', 'link-local'],
    ['fec0::1', 'site-local'],
    ['ff02::1', 'multicast'],
  ])('%s is %s', (text, kind) => {
    expect(kindOf(text)).toBe(kind);
  });

  it.each([
    '1.1.1.1',
    '9.255.255.255',
    '11.0.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '126.255.255.255',
    '100.63.255.255',
    '100.128.0.0',
    '169.253.255.255',
    '223.255.255.255',
    '168.63.129.17',
    '2606:4700::1111',
    '::ffff:1.1.1.1',
    '64:ff9b::1.1.1.1',
    '2002:101:101::1',
    'fbff::1',
  ])('%s is public', (text) => {
    expect(kindOf(text)).toBeUndefined();
  });

  it.each([
    ['127.0.0.1/32', '127.0.0.1', true],
    ['127.0.0.0/8', '127.0.0.1', true],
    ['126.0.0.0/7', '127.0.0.1', false],
    ['0.0.0.0/0', '127.0.0.1', false],
    ['10.0.0.0/8', '10.1.1.1', true],
    ['10.0.0.0/8', '11.1.1.1', false],
    ['169.254.0.0/16', '169.254.1.1', true],
    ['169.254.0.0/16', '169.254.169.254', false],
    ['169.254.169.254/32', '169.254.169.254', true],
    ['127.0.0.0/8', '::ffff:127.0.0.1', true],
    ['::/0', '::1', false],
    ['::1/128', '::1', true],
    ['fd00::/8', 'fd12::1', true],
    ['fd00::/8', 'fd00:ec2::254', false],
    ['64:ff9b::/96', '64:ff9b::7f00:1', false],
    ['64:ff9b::7f00:1/128', '64:ff9b::7f00:1', true],
  ])('%s names %s: %s', (block, address, expected) => {
    expect(names(block, address)).toBe(expected);
  });
});
