import fc from 'fast-check';
import { expect, it } from 'vitest';
import { NeedleSearch } from './needle-search.ts';

const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));

it('finds what indexOf finds, of all lengths, overlapping or not', () => {
  // Few different bytes, so that much is almost right.
  const text = (most: number) => fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: most });
  const needle = fc.oneof(
    text(6).map((one) => `a${one}`),
    text(80).map((one) => `b${one}`),
  );
  fc.assert(
    fc.property(fc.array(needle, { minLength: 1, maxLength: 6 }), text(300), (needles, around) => {
      const whole = `${around}${needles[0]}${around}`;
      const search = new NeedleSearch<{ readonly bytes: Uint8Array; readonly text: string }>();
      for (const one of needles) search.add({ bytes: bytes(one), text: one });
      const found = search
        .find(bytes(whole))
        .map(({ needle: { text: one }, at }) => `${one} ${at}`);
      const expected = needles.flatMap((one) => {
        const places: string[] = [];
        for (let at = whole.indexOf(one); at >= 0; at = whole.indexOf(one, at + 1))
          places.push(`${one} ${at}`);
        return places;
      });
      expect(found.toSorted()).toEqual(expected.toSorted());
    }),
  );
});

/** Counts how often the search looks at it. */
class Watched {
  looks = 0;
  readonly #bytes: Uint8Array;
  constructor(text: string) {
    this.#bytes = bytes(text);
  }
  get bytes(): Uint8Array {
    this.looks += 1;
    return this.#bytes;
  }
}

it.each(['s3cr3t!', 's3cr3t-value+0123456789', `${'s3cr3t-'.repeat(20)}end`])(
  '%s: what is almost right, at its beginning or its end, is not looked at more closely than anything else',
  (secret) => {
    const search = new NeedleSearch<Watched>();
    const needle = new Watched(secret);
    search.add(needle);
    search.find(bytes(secret));
    for (let right = 0; right < secret.length; right += 1) {
      // The window of a longer one is its end: who has that right by guessing has no need to guess.
      const guesses = [`${secret.slice(0, right)}\0`];
      if (secret.length - right < 16) guesses.push(`\0${secret.slice(right + 1)}`);
      for (const guess of guesses.filter((one) => one.length <= 16 || one.endsWith('\0'))) {
        const before = needle.looks;
        search.find(bytes(guess.repeat(100)));
        expect(needle.looks).toBe(before);
      }
    }
  },
);

it('cleared, it finds nothing', () => {
  const search = new NeedleSearch<{ readonly bytes: Uint8Array }>();
  search.add({ bytes: bytes('s3cr3t') });
  search.clear();
  expect(search.find(bytes('s3cr3t'))).toEqual([]);
});
