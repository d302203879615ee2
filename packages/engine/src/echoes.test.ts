import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withoutEchoes } from './echoes.ts';
import { SkillError } from './errors.ts';
import { withoutGuest } from './outcome.ts';
import { noMarkers } from './schema/sensitive.ts';

const value = 'correct horse/battery';

async function printed(stderr: string, token: unknown = value): Promise<string> {
  const outcome = { ...withoutGuest({ value: null }), stderr };
  return (await withoutEchoes(outcome, { token: token as string }, noMarkers)).stderr;
}

describe('what a guest prints', () => {
  it('has no value in it, wherever it stands', async () => {
    const piece = fc.oneof(
      fc.constantFrom(value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1)),
      fc.nat({ max: 20_000 }).map((length) => '.'.repeat(length)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
        const secret = (one: string) => one.startsWith('c');
        const expected = pieces.map((one) => (secret(one) ? '[REDACTED]' : one)).join('');
        const found = await printed(pieces.join(''));
        // Values without anything between them are one stretch.
        const once = (text: string) => text.replaceAll(/(?:\[REDACTED\])+/g, '[REDACTED]');
        expect(found).toBe(once(expected));
      }),
      { numRuns: 60 },
    );
  });

  it('has none at any place around the ends of the pieces in which it is searched', async () => {
    for (const end of [16_384, 32_768]) {
      for (let at = end - 150; at <= end + 150; at += 7) {
        const text = `${'.'.repeat(at)}${value}${'.'.repeat(40_000)}`;
        expect(await printed(text)).toBe(text.replace(value, '[REDACTED]'));
      }
    }
  });

  it('stays as it is, byte for byte, where there is none', async () => {
    const text = 'ünïcode \ud83d\ude00 \u0000 %41 '.repeat(5000);
    expect(await printed(text)).toBe(text);
  });

  it('is withheld where looking through it would take long', async () => {
    const text = `${value}${'.'.repeat(4 * 1024 * 1024)}`;
    expect(await printed(text)).toBe('[REDACTED]');
    expect(await printed('said', 'x'.repeat(16_385))).toBe('[REDACTED]');
    expect(await printed('', 'x'.repeat(16_385))).toBe('');
    expect(await printed(text, 'abc')).toBe('[REDACTED]');
  });

  it('lets others have their turn meanwhile', async () => {
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 0);
    await printed('%41\\u0041&amp;'.repeat(50_000));
    clearInterval(timer);
    expect(turns).toBeGreaterThan(2);
  });
});

it('details that are too long to look through are withheld, and those of other calls are not', async () => {
  const error = new SkillError('TOOL_FAILED', 'no', {
    details: { toolDetails: 'x'.repeat(70_000) },
  });
  const outcome = withoutGuest({ error });
  const { answer } = await withoutEchoes(outcome, { token: value }, noMarkers);
  expect(answer).toMatchObject({ error: { details: { toolDetails: '[REDACTED]' } } });
  expect(await withoutEchoes(outcome, { plain: value }, noMarkers)).toBe(outcome);
});
