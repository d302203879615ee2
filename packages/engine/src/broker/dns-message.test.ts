import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dnsAnswer, dnsName } from '../../../../test/support/network.ts';
import { decodeAnswer, encodeQuery, recordType } from './dns-message.ts';

const { A, AAAA, CNAME } = recordType;

it('a query has the name, the type and a wish for recursion', () => {
  const query = encodeQuery('api.example.com', A, 0x1234);
  expect(dnsName(query)).toBe('api.example.com');
  expect([...query.subarray(0, 12)]).toEqual([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  expect([...query.subarray(-4)]).toEqual([0, 1, 0, 1]);
  expect([...encodeQuery('a', AAAA).subarray(-4)]).toEqual([0, 28, 0, 1]);
});

describe('an answer', () => {
  const query = encodeQuery('a.test', A);

  it('has addresses, or a code', () => {
    expect(decodeAnswer(dnsAnswer(query, ['192.0.2.1', '10.0.0.1']), A)).toEqual({
      code: 0,
      addresses: ['192.0.2.1', '10.0.0.1'],
    });
    expect(decodeAnswer(dnsAnswer(query, [], 3), A)).toEqual({ code: 3, addresses: [] });
  });

  it('follows a chain of names, whose addresses stand at the last one', () => {
    const alias = [0xc0, 12, 0, CNAME, 0, 1, 0, 0, 0, 0, 0, 3, 1, 0x62, 0];
    const address = [
      1,
      0x62,
      0,
      0,
      AAAA,
      0,
      1,
      0,
      0,
      0,
      0,
      0,
      16,
      ...Array.from({ length: 15 }, () => 0),
      1,
    ];
    const head = dnsAnswer(encodeQuery('a.test', AAAA), []);
    head[7] = 2;
    const bytes = Buffer.concat([head, Buffer.from([...alias, ...address])]);
    expect(decodeAnswer(bytes, AAAA)).toEqual({ code: 0, addresses: ['::1'] });
  });

  it.each([
    ['a question', query],
    ['another id', dnsAnswer(encodeQuery('a.test', A, 7), ['192.0.2.1'])],
    ['another type', dnsAnswer(encodeQuery('a.test', AAAA), [])],
    ['nothing', Buffer.alloc(0)],
    ['a record that is cut off', dnsAnswer(query, ['192.0.2.1']).subarray(0, -1)],
    ['no records though it counts one', dnsAnswer(query, ['192.0.2.1']).subarray(0, 24)],
  ])('that is %s is refused', (_, bytes) => {
    expect(() => decodeAnswer(bytes, A)).toThrow(RangeError);
  });

  it('never hangs, and throws nothing but RangeError', () => {
    const sound = dnsAnswer(query, ['192.0.2.1', '192.0.2.2']);
    const damage = fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), { maxLength: 8 });
    fc.assert(
      fc.property(fc.oneof(damage, fc.uint8Array({ maxLength: 600 })), (change) => {
        const bytes = change instanceof Uint8Array ? change : Buffer.from(sound);
        if (!(change instanceof Uint8Array)) for (const [at, value] of change) bytes[at] = value;
        try {
          decodeAnswer(bytes, A).addresses.forEach((address) =>
            expect(address).toMatch(/^[\d.]+$/),
          );
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
