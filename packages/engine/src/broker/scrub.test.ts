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
