/** No text that the rules let pass makes a real shell run what they refuse: tried with stubs that only tell. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as fc from 'fast-check';
import { screenCommand } from '@skill-engine/native';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Place } from './native.ts';

let place: Place;
let tools: string;
let runs = 0;
beforeAll(() => {
  place = new Place();
  // Each stub writes down how it was called, and does nothing.
  for (const name of ['rm', 'kubectl', 'ls', 'wc', 'x', 'tee', 'mkfs', 'reboot']) {
    place.command(
      name,
      `{ printf '%s' ${name}; for a; do printf '\\037%s' "$a"; done; printf '\\036'; } >> "\${LOG:-${place.root}/lost}"`,
    );
  }
  // No other command is in reach, but those that run others.
  tools = join(place.root, 'tools');
  mkdirSync(tools);
  for (const name of wrappers) {
    const file = ['/usr/bin', '/bin']
      .map((folder) => join(folder, name))
      .find((one) => existsSync(one));
    if (file !== undefined) symlinkSync(file, join(tools, name));
  }
});
afterAll(() => place.remove());

const wrappers = [
  'env',
  'nice',
  'nohup',
  'timeout',
  'stdbuf',
  'setsid',
  'xargs',
  'sh',
  'bash',
  'find',
  'ionice',
];

/** What the stubs were called with. */
function executed(argv: readonly string[], input = ''): string[][] {
  const logs = [join(place.root, `log-${runs}`), join(place.root, 'lost')] as const;
  runs += 1;
  rmSync(logs[1], { force: true });
  const [command = '', ...args] = argv;
  spawnSync(command, args, {
    cwd: place.data,
    env: { PATH: `${place.bin}:${tools}`, HOME: place.data, LOG: logs[0] },
    input,
    // As long as something in the background has it, this does not return.
    stdio: ['pipe', 'pipe', 'ignore'],
    timeout: 5000,
  });
  const calls = logs.flatMap((log) => {
    const text = existsSync(log) ? readFileSync(log, 'utf8') : '';
    rmSync(log, { force: true });
    return text.split('\u001e').slice(0, -1);
  });
  return calls.map((call) => call.split('\u001f'));
}

/** Without our rules: what must not be run. */
function isDestructive([name = '', ...args]: readonly string[]): boolean {
  if (name === 'mkfs' || name === 'reboot') return true;
  if (name === 'kubectl') return args.includes('delete');
  return name === 'rm' && args.some((arg) => /^-[a-z]*[rR]|^--r(?:ecursive|e?)$/.test(arg));
}

const shells = [['/bin/sh'], ['/bin/bash'], ['/bin/bash', '--posix']].filter(([path]) =>
  existsSync(path!),
);

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
  "'a[$(rm -r y)]'",
  'printf ',
  'SECONDS=',
  'RANDOM=',
  ' :',
  'test ',
  '-v ',
  '%n ',
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
          const { refused, commands } = screenCommand([...shell, '-c', text]);
          if (refused !== undefined) continue;
          passed += 1;
          const told = commands.map(([name = '', ...args]) => [basename(name), ...args].join('\0'));
          const bad = executed([...shell, '-c', text]).filter(
            (call) => isDestructive(call) || !told.includes(call.join('\0')),
          );
          expect({ text, shell, bad }).toEqual({ text, shell, bad: [] });
        }
      },
    ),
    { numRuns: 1500 },
  );
  expect(passed).toBeGreaterThan(50);
});

const words = fc.constantFrom(
  ...wrappers,
  'rm',
  'ls',
  'kubectl',
  'delete',
  'reboot',
  '-r',
  '-rf',
  'x',
  '.',
  '5',
  '-5',
  '--',
  '-',
  '+x',
  'a=1',
  'PATH=/',
  '{}',
  ';',
  '+',
  '-i',
  '-u',
  '-uA',
  '-n',
  '-n1',
  '-I{}',
  '-I',
  '-i{}',
  '-0',
  '-s',
  'KILL',
  '-k',
  '1',
  '-o',
  '-o0',
  'L',
  '-f',
  '-c',
  '-ec',
  '-x',
  '--signal',
  '--signal=KILL',
  '--unset',
  '--unset=A',
  '--adjustment=1',
  '--replace',
  '--max-args',
  '--fork',
  '-S',
  '--split-string=rm -r',
  '-exec',
  '-ok',
  '-delete',
  '-name',
  '-maxdepth',
  'rm -r y',
  'ls y',
  'pipefail',
  '-t',
  '-P',
  '-L',
  '-l',
  '-e',
  '-E',
  '-d',
  '-a',
  '/dev/null',
);

it('holds for commands that run others', { timeout: 240_000 }, () => {
  let passed = 0;
  const line = fc.tuple(
    fc.constantFrom(...wrappers),
    fc.array(words, { minLength: 1, maxLength: 7 }),
    fc.constantFrom('-r y\n', 'rm -r y\n', 'rm\n', 'reboot\n', 'a=1\nrm\n-r\n'),
  );
  fc.assert(
    fc.property(line, ([wrapper, args, input]) => {
      const argv = [join(tools, wrapper), ...args];
      const { refused, commands } = screenCommand(argv, { input: true });
      if (refused !== undefined || !existsSync(argv[0]!)) return;
      passed += 1;
      const told = commands.map(([name = '']) => basename(name));
      const bad = executed(argv, input).filter(
        (call) => isDestructive(call) || !told.includes(call[0]!),
      );
      expect({ argv, input, bad }).toEqual({ argv, input, bad: [] });
    }),
    { numRuns: 4000 },
  );
  expect(passed).toBeGreaterThan(100);
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
        expect([shell, ...executed([...shell, '-c', text])]).toEqual([shell, commands[1]]);
    }),
    { numRuns: 400 },
  );
});
