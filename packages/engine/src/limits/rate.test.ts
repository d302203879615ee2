import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RateWindow } from './rate.ts';

it('lets as many through as the window holds, and says when the next may come', () => {
  const window = new RateWindow({ count: 2, perMs: 1000 });
  expect([window.take(0), window.take(400), window.take(500)]).toEqual([0, 0, 500]);
  expect([window.take(999), window.take(1000), window.take(1001)]).toEqual([1, 0, 399]);
});

it('never lets more than the limit into any window, however calls come', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 60 }),
      (count, gaps) => {
        const window = new RateWindow({ count, perMs: 1000 });
        const passed: number[] = [];
        let now = 0;
        for (const gap of gaps) {
          now += gap;
          const wait = window.take(now);
          if (wait === 0) passed.push(now);
          else expect(wait).toBeGreaterThan(0);
        }
        for (const time of passed) {
          const within = passed.filter((other) => other > time - 1000 && other <= time);
          expect(within.length).toBeLessThanOrEqual(count);
        }
      },
    ),
  );
});
