/** No text that the rules let pass makes a real shell run what they refuse: tried with stubs that only tell. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { screenCommand } from '@skill-engine/native';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Place } from './native.ts';

let place: Place;
let log: string;
beforeAll(() => {
  place = new Place();
  log = join(place.root, 'log');
  // Each stub writes down how it was called, and does nothing; no other command is in reach.
  for (const name of ['rm', 'kubectl', 'ls', 'wc', 'x', 'tee', 'mkfs', 'reboot']) {
    place.command(
      name,
      `{ printf '%s' ${name}; for a; do printf '\\037%s' "$a"; done; printf '\\036'; } >> '${log}'`,
    );
  }
});
afterAll(() => place.remove());

/** What the stubs were called with. */
function executed(shell: string, text: string): string[][] {
  rmSync(log, { force: true });
  spawnSync(shell, ['-c', text], {
    cwd: place.data,
    env: { PATH: place.bin, HOME: place.data },
    stdio: 'ignore',
    timeout: 5000,
  });
  // What was put into the background has written by then, or is waited for here.
  execFileSync('/bin/sh', ['-c', 'wait']);
  if (!existsSync(log)) return [];
  const calls = readFileSync(log, 'utf8').split('\u001e').slice(0, -1);
  return calls.map((call) => call.split('\u001f'));
}

/** Without our rules: what must not be run. */
function isDestructive([name = '', ...args]: readonly string[]): boolean {
  if (name === 'mkfs' || name === 'reboot') return true;
  if (name === 'kubectl') return args.includes('delete');
  return name === 'rm' && args.some((arg) => /^-[a-z]*[rR]|^--r(?:e|$)/.test(arg));
}

const shells = ['/bin/sh', '/bin/bash'].filter((path) => existsSync(path));

const pieces = fc.constantFrom(
  'rm',
  'ls',
  'wc',
  'x',
  'kubectl',
  'delete',
  '-r',
  '-rf',
  '-',
  'r',
  'reboot',
  'mkfs',
  'echo',
  'a=1',
  'PATH=/',
  ' ',
  ' ',
  ' ',
  ' ',
  '\t',
  ';',
  '|',
  '&',
  '&&',
  '||',
  '>',
  '>>',
  '<',
  '2>&1',
  '>|',
  '&>',
  '|&',
  '>&',
  '<>',
  'out',
  '1',
  '2',
  "'",
  '"',
  '\\',
  '$',
  '`',
  '(',
  ')',
  '{',
  '}',
  '!',
  '#',
  '*',
  '?',
  '~',
  '=',
  '%',
  '\n',
  '$(rm -r y)',
  '`rm -r y`',
  'if',
  'then',
  'fi',
  'eval',
  'exec',
  'command',
  'x y',
  "'rm'",
  '"-r"',
  '\\-r',
  'r\\m',
  "r''m",
  '<<E',
  ';;',
  '+',
  ',',
  '@',
  ':',
  '/',
  '.',
  'é',
  '\u00a0',
);

it('holds for texts of pieces that mean something to a shell', { timeout: 240_000 }, () => {
  let passed = 0;
  fc.assert(
    fc.property(
      fc.array(pieces, { minLength: 1, maxLength: 9 }).map((list) => list.join('')),
      (text) => {
        for (const shell of shells) {
          const { refused } = screenCommand([shell, '-c', text]);
          if (refused !== undefined) continue;
          passed += 1;
          const bad = executed(shell, text).filter((call) => isDestructive(call));
          expect({ text, shell, bad }).toEqual({ text, shell, bad: [] });
        }
      },
    ),
    { numRuns: 1500 },
  );
  expect(passed).toBeGreaterThan(50);
});

it('tells exactly the words that a shell takes', { timeout: 240_000 }, () => {
  const plain = fc.constantFrom('a', 'b', '-', '.', '/', '=', ':', '@', '%', '+', ',', '1');
  const quoted = fc.stringMatching(/^[ -~éß]{0,6}$/);
  const part = fc.oneof(
    plain,
    quoted.filter((text) => !text.includes("'")).map((text) => `'${text}'`),
    quoted.map((text) => `"${text.replace(/["$`\\!]/g, '')}"`),
    fc.constantFrom('\\ ', '\\$', '\\"', "\\'", '"\\$"', '"\\""', '"\\a"', '\\\\'),
  );
  const word = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.array(word, { maxLength: 4 }), (words) => {
      const text = ['x', ...words].join(' ');
      const { refused, commands } = screenCommand(['sh', '-c', text]);
      if (refused !== undefined) return;
      for (const shell of shells)
        expect([shell, ...executed(shell, text)]).toEqual([shell, commands[1]]);
    }),
    { numRuns: 400 },
  );
});
