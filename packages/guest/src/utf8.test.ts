import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeUtf8, encodeUtf8, Utf8Decoder } from './utf8.ts';

it('encodes as TextEncoder does', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect([...encodeUtf8(text)]).toEqual([...new TextEncoder().encode(text)]);
    }),
  );
});

it('decodes text in pieces, cut anywhere', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(), (text, at) => {
      const bytes = encodeUtf8(text);
      const cut = at % (bytes.length + 1);
      const decoder = new Utf8Decoder();
      const decoded = decoder.decode(bytes.subarray(0, cut)) + decoder.decode(bytes.subarray(cut));
      expect(decoded + decoder.finish()).toBe(text.toWellFormed());
    }),
  );
});

it('never fails, whatever the bytes, and keeps the ASCII among them', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const text = decodeUtf8(Uint8Array.from([0x61, ...bytes, 0x7a]));
      expect(text.startsWith('a')).toBe(true);
      expect(text.endsWith('z')).toBe(true);
    }),
  );
});
