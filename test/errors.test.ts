/** `docs/reference/errors.md` and the closed table of codes say the same, both ways. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { errorCodes } from '../packages/engine/src/errors.ts';

it('documents every code with its owner and exit code, and no other', () => {
  const text = readFileSync(new URL('../docs/reference/errors.md', import.meta.url), 'utf8');
  const documented = [...text.matchAll(/^\| `([A-Z_]+)` \| (\w+) \| (\d) \| (.+) \|$/gm)].map(
    ([, code, owner, exit, meaning]) => ({ code, owner, exit: Number(exit), meaning }),
  );
  expect(documented.map(({ code, owner, exit }) => ({ code, owner, exit }))).toEqual(
    Object.entries(errorCodes).map(([code, { owner, exit }]) => ({ code, owner, exit })),
  );
  for (const { meaning } of documented) expect(meaning!.length).toBeGreaterThan(20);
});
