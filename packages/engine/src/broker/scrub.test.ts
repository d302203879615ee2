import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Scrubber, StreamScrubber } from './scrub.ts';
import { PromptReader, ScrubbedReader } from './scrubbed-reader.ts';

const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'utf8'));
const text = (data: Uint8Array) => Buffer.from(data).toString('utf8');

function scrubberOf(...values: string[]): Scrubber {
  const scrubber = new Scrubber();
  for (const value of values) scrubber.add(bytes(value));
  return scrubber;
}

/** Cut at the places that the numbers say. */
function pieces(data: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const sorted = [...cuts.map((cut) => cut % (data.length + 1)), data.length].toSorted(
    (a, b) => a - b,
  );
  return sorted.map((end, at) => data.slice(at === 0 ? 0 : sorted[at - 1], end));
}

const unicode = (character: string) =>
  character.replaceAll(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
const everySecond = (change: (character: string) => string) => (text: string) =>
  [...text].map((one, at) => (at % 2 === 0 && !'%&\\'.includes(one) ? one : change(one))).join('');
const utf16 = (text: string, ...bom: number[]) =>
  Buffer.concat([Buffer.from(bom), Buffer.from(text, 'utf16le')]);
const base64 = (text: string) => Buffer.from(text).toString('base64');
const percent = (text: string) => Buffer.from(text).toString('hex').replaceAll(/../g, '%$&');
/** As PHP's `json_encode` writes a string. */
const php = (text: string) =>
  JSON.stringify(text)
    .slice(1, -1)
    .replaceAll('/', '\\/')
    .replaceAll(/[\u0080-\uffff]/g, unicode);

/** What servers make of text, by themselves or in a response of a common type. */
const spellings: Record<string, (text: string) => string | Buffer> = {
  'as it is': (text) => text,
  'UTF-16 little end first': (text) => utf16(text),
  'UTF-16 little end first, with its mark': (text) => utf16(text, 0xff, 0xfe),
  'UTF-16 big end first': (text) => utf16(text).swap16(),
  'UTF-16 big end first, with its mark': (text) => utf16(text, 0xff, 0xfe).swap16(),
  'Latin-1 taken for text': (text) => Buffer.from(text).toString('latin1'),
  hex: (text) => Buffer.from(text).toString('hex'),
  HEX: (text) => Buffer.from(text).toString('hex').toUpperCase(),
  'URI component': (text) => encodeURIComponent(text),
  'URI component, lower case': (text) =>
    encodeURIComponent(text).replaceAll(/%../g, (one) => one.toLowerCase()),
  'URI component, mixed case': (text) =>
    encodeURIComponent(text).replaceAll(
      /%(.)(.)/g,
      (_, a: string, b: string) => `%${a}${b.toLowerCase()}`,
    ),
  'percent, all of it': percent,
  'percent, some of it': everySecond((one) => percent(one)),
  form: (text) => new URLSearchParams({ a: text }).toString().slice(2),
  JSON: (text) => JSON.stringify(text),
  'JSON as PHP writes it': php,
  'JSON, all in escapes': (text) => text.replaceAll(/[^]/g, unicode),
  'JSON, some in escapes, in capitals': everySecond((one) =>
    unicode(one).replace(/[a-f]+/, (a) => a.toUpperCase()),
  ),
  'JSON for HTML': (text) => JSON.stringify(text).replaceAll(/[<>&'+]/g, unicode),
  'bytes as Python shows them': (text) =>
    text.replaceAll(/[^]/gu, (one) =>
      one > '~' ? Buffer.from(one).toString('hex').replaceAll(/../g, '\\x$&') : one,
    ),
  HTML: (text) =>
    text
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('"', '&quot;')
      .replaceAll("'", '&#039;'),
  'HTML, decimal': (text) => text.replaceAll(/[^]/gu, (one) => `&#${one.codePointAt(0)};`),
  'HTML, hexadecimal': everySecond((one) => `&#x${one.codePointAt(0)?.toString(16)};`),
  base64,
  'base64 of one more': (text) => base64(`x${text}`),
  'base64 of two more': (text) => base64(`xy${text}z`),
  base64url: (text) => Buffer.from(`x${text}`).toString('base64url'),
  'base64 in JSON of PHP': (text) => base64(`>>?${text}`).replaceAll('/', '\\/'),
  'base64 in JSON of .NET': (text) => base64(text).replaceAll('+', '\\u002B'),
  'base64 in a query': (text) => encodeURIComponent(base64(`x${text}`)),
};

describe('what a server makes of a value', () => {
  // Among them all that one of the encoders escapes, and characters of two, three and four bytes.
  const secrets = [
    's3cr3t-value+0123456789',
    'a/b+c "d" <e>&\'f\' \\g~ü€\u{1f511}?>?>',
    'de12/%41&amp;\\u0041',
  ];
  const cases = Object.keys(spellings).flatMap((name) =>
    secrets.map((one) => [name, one] as const),
  );

  it.each(cases)('%s, of %s, is hidden, wherever it is split', (name, secret) => {
    const spelt = Buffer.from(spellings[name]!(secret));
    // What a guest may have put in front of it, so that an escape seems to begin there.
    for (const before of ['', 'user:', '%', '%2', '\\', '&#', '&#x', '\\u00']) {
      const around = name.startsWith('base64') ? '' : before;
      if (/^(?:JSON|bytes)/.test(name) && around.startsWith('\\')) continue;
      if (/^(?:URI|percent|form)/.test(name) && around.startsWith('%')) continue;
      if (name.startsWith('HTML') && around.startsWith('&')) continue;
      const whole = Buffer.concat([
        Buffer.from(`"${around}`),
        spelt,
        Buffer.from(`"\n${'.'.repeat(9)}`),
      ]);
      const scrubber = scrubberOf(secret);
      const masked = Buffer.from(scrubber.mask(whole));
      expect(masked.length).toBe(whole.length);
      // All but what begins or ends a group of base64, quotes of JSON, and marks.
      const left = masked.filter((byte, at) => byte !== 42 && byte === whole[at]);
      expect(left.length - around.length - 12).toBeLessThanOrEqual(
        name.startsWith('base64') ? 6 : 4,
      );
      for (let cut = 0; cut <= whole.length; cut += 1) {
        const stream = new StreamScrubber(scrubber);
        const out = [
          stream.push(whole.subarray(0, cut)).slice(),
          stream.push(whole.subarray(cut)),
          stream.flush(),
        ];
        expect(Buffer.concat(out).equals(masked)).toBe(true);
      }
    }
  });

  it.each(['\\', '%', '&amp;', '\\u00e9', '%25\\', '&#233;%41'])(
    'behind many of %j, the same, wherever it is split: no escape is cut',
    (sign) => {
      const secret = '"s3cr3t/value"';
      for (const spelt of [php(secret), percent(secret), '&quot;s3cr3t/value&quot;']) {
        for (const count of [300, 301]) {
          const whole = bytes(`${sign.repeat(count)}${spelt}.`);
          const scrubber = scrubberOf(secret);
          const masked = Buffer.from(scrubber.mask(whole));
          for (let cut = whole.length - 300; cut <= whole.length; cut += 1) {
            const stream = new StreamScrubber(scrubber);
            const out = [
              stream.push(whole.subarray(0, cut)).slice(),
              stream.push(whole.subarray(cut)),
              stream.flush(),
            ];
            expect(Buffer.concat(out).equals(masked)).toBe(true);
          }
        }
      }
    },
  );

  it.each<[string, (text: string) => string]>([
    ['reversed', (text) => [...text].toReversed().join('')],
    ['encoded twice', (text) => base64(base64(text))],
    ['base64 in lines', (text) => base64(text).replaceAll(/.{8}/g, '$&\r\n')],
    ['hex with spaces', (text) => Buffer.from(text).toString('hex').replaceAll(/../g, '$& ')],
    ['cut short', (text) => text.slice(0, -1)],
  ])('%s, it is not recognised, as the guide says', (_, spell) => {
    const whole = bytes(spell('s3cr3t-value+0123456789'));
    expect(scrubberOf('s3cr3t-value+0123456789').mask(whole)).toEqual(whole);
  });
});

const value = fc
  .string({ minLength: 4, maxLength: 24, unit: 'grapheme' })
  .filter((one) => bytes(one).length >= 4);
const cuts = fc.array(fc.nat(), { maxLength: 40 });

describe('a stream', () => {
  it('is scrubbed as if it had come in one piece', () => {
    fc.assert(
      fc.property(
        value,
        fc.array(fc.oneof(fc.string(), fc.constant(null))),
        fc.nat(6),
        cuts,
        (secret, parts, way, at) => {
          const spell = [
            (one: string) => one,
            (one: string) => Buffer.from(one).toString('base64'),
            (one: string) => Buffer.from(`x${one}`).toString('base64url'),
            (one: string) => Buffer.from(one).toString('hex'),
            (one: string) => encodeURIComponent(one.toWellFormed()),
            (one: string) => JSON.stringify(one).slice(1, -1),
            (one: string) => one + one.slice(0, 2),
          ][way]!;
          const whole = bytes(parts.map((part) => part ?? spell(secret)).join(''));
          const scrubber = scrubberOf(secret);
          const stream = new StreamScrubber(scrubber);
          const out = [
            ...pieces(whole, at).map((piece) => stream.push(piece).slice()),
            stream.flush(),
          ];
          expect(text(Buffer.concat(out))).toBe(text(scrubber.mask(whole)));
        },
      ),
    );
  });

  it('keeps its length, and every byte that belongs to no value', () => {
    fc.assert(
      fc.property(value, fc.string(), fc.string(), (secret, before, after) => {
        const whole = bytes(`${before} ${secret} ${after}`);
        const masked = scrubberOf(secret).mask(whole);
        expect(masked.length).toBe(whole.length);
        expect(text(masked)).not.toContain(secret);
      }),
    );
  });

  it('is handed on at once up to the end of its last line, and all of it at the end', () => {
    const stream = new StreamScrubber(scrubberOf('s3cr3t-value'));
    expect(text(stream.push(bytes('data: 1\n\n')))).toBe('data: 1\n\n');
    expect(text(stream.push(bytes('data: s3cr3t')))).toBe('');
    expect(text(stream.flush())).toBe('data: s3cr3t');
  });

  it('a value with a line feed in it is found where lines end within it', () => {
    const stream = new StreamScrubber(scrubberOf('first\nsecond'));
    const out = [stream.push(bytes('a first\n')).slice(), stream.push(bytes('second b'))];
    expect(text(Buffer.concat([...out, stream.flush()]))).toBe('a ************ b');
  });

  it('comes in pieces whose lengths say nothing of how much of a guess is right', () => {
    const secret = 's3cr3t-value+0123456789';
    const lengths = (guess: string) => {
      const stream = new StreamScrubber(scrubberOf(secret));
      return Array.from({ length: 20 }, () => stream.push(bytes(guess)).length);
    };
    for (let right = 0; right < secret.length; right += 1) {
      const guess = secret.slice(0, right);
      expect(lengths(guess)).toEqual(lengths('?'.repeat(right)));
      const encoded = Buffer.from(secret).toString('base64').slice(0, right);
      expect(lengths(encoded)).toEqual(lengths('?'.repeat(right)));
    }
  });
});

it('a reader gives no more than was asked for, loses nothing, and ends', () => {
  fc.assert(
    fc.property(
      fc.string({ maxLength: 200 }),
      cuts,
      fc.integer({ min: 1, max: 20 }),
      (all, at, length) => {
        const whole = bytes(`${all}s3cr3t-value${all}`);
        const queue = pieces(whole, at);
        const reader = new ScrubbedReader(scrubberOf('s3cr3t-value'));
        const got: Uint8Array[] = [];
        for (;;) {
          const chunk = reader.read(length, () => queue.shift() ?? 'end');
          if (chunk === 'end') break;
          expect(chunk.length).toBeLessThanOrEqual(length);
          got.push(chunk);
        }
        expect(text(Buffer.concat(got))).toBe(text(scrubberOf('s3cr3t-value').mask(whole)));
      },
    ),
  );
});

it('overlapping values, and a value within another, leave nothing between them', () => {
  const scrubber = scrubberOf('abcdef', 'defghi', 'cde-');
  expect(text(scrubber.mask(bytes('xabcdefghiy')))).toBe('x*********y');
  expect(scrubber.redactText('abcdef and defghi')).toBe('[REDACTED] and [REDACTED]');
});

it('wiped, its patterns are nothing', () => {
  const scrubber = scrubberOf('s3cr3t-value');
  scrubber.wipe();
  expect(scrubber.empty).toBe(true);
});

it('a plain connection waits for nothing, and hides what came in one piece however it is read', () => {
  const queue = ['OK', 'x s3cr3t-value y'].map(bytes);
  const reader = new PromptReader(scrubberOf('s3cr3t-value'));
  const read = () => text(reader.read(1, () => queue.shift() ?? 'end') as Uint8Array);
  expect(Array.from({ length: 18 }, read).join('')).toBe('OKx ************ y');
});
