/** Arguments against the lists of a manifest. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allows } from './allowed.ts';
import { forbids } from './forbidden.ts';
import { judgeArguments } from './judge.ts';

describe('allowed_args (NATIVE-ARGS)', () => {
  it.each([
    ['status', 'status', true],
    ['status', 'Status', false],
    ['status', 'status ', false],
    ['status', '--status', false],
    ['--oneline', '--oneline', true],
    ['--oneline', '--one', false],
    ['--oneline', '--oneline=x', false],
    ['--format', '--format=x', false],
    ['--format=*', '--format=x', true],
    ['--format=*', '--format=', true],
    ['--format=*', '--format', false],
    ['--format=*', '--format=@x', false],
    ['--format=*', '--format=-x', false],
    ['--data=@*', '--data=@x', true],
    ['-v', '-vv', false],
    ['-v', '-vx', false],
    ['-n*', '-n5', true],
    ['-[0-9]', '-5', false],
    ['*', 'anything at all', true],
    ['*', '', false],
    ['*', '-x', false],
    ['*', '--', false],
    ['*', '-', false],
    ['*', '@file', false],
    ['*', '+cmd', false],
    ['*', 'a=@x', false],
    ['*', 'a=-x', false],
    ['*.txt', 'a.txt', true],
    ['*.txt', '-a.txt', false],
    ['', '', true],
    ['--', '--', true],
    ['-', '-', true],
    ['@args', '@args', true],
  ])('%j and %j: %s', (entry, argument, expected) => {
    expect(allows(entry, argument)).toBe(expected);
  });
});

describe('forbidden_args (NATIVE-ARGS)', () => {
  it.each([
    ['--exec', '--exec'],
    ['--exec', '--exec=x'],
    ['--exec', '--exe'],
    ['--exec', '--e=x'],
    ['--exec', '--EXEC'],
    ['--exec', '-exec'],
    ['--exec', '-exec=x'],
    ['--upload-pack', '--upload_pack'],
    ['--exec', '－－exec'],
    ['-exec', '--exec'],
    ['-x', '-x'],
    ['-x', '-xvf'],
    ['-x', '-vfx'],
    ['-x', '-xFILE'],
    ['-x', '-x=1'],
    ['-c', '-ccore.pager=x'],
    ['--color=always', '--color=always'],
    ['--color=always', '--col=always'],
    ['--color=always', '--COLOR=always'],
    ['push', 'push'],
    ['push', 'PUSH'],
    ['push', 'ｐｕｓｈ'],
    ['push', 'pu\u200dsh'],
    ['push', '--do=push'],
    ['push', 'do=push'],
    ['push', '-dpush'],
    ['9', '09'],
    ['9', '+9'],
    ['9', '0x9'],
    ['9', '9.0'],
    ['-9', '-19'],
    ['*.key', 'a.KEY'],
  ])('%j forbids %j', (entry, argument) => {
    expect(forbids(entry, [argument], 0)).toBe(true);
  });

  it.each([
    ['--exec', '--execute'],
    ['--exec', 'exec'],
    ['--exec', '--x'],
    ['-x', '--xy'],
    ['-x', '-X'],
    ['-x', 'x'],
    ['--color=always', '--color=never'],
    ['push', 'pushed'],
    ['9', '19'],
  ])('%j does not forbid %j', (entry, argument) => {
    expect(forbids(entry, [argument], 0)).toBe(false);
  });

  it('a value that stands behind its option', () => {
    expect(forbids('--color=always', ['--color', 'always'], 0)).toBe(true);
    expect(forbids('--color=always', ['--color', 'never'], 0)).toBe(false);
  });

  it('beats what is allowed, in every disguise', () => {
    const names = fc.stringMatching(/^[a-z]{2,8}(-[a-z]{2,8})?$/);
    const disguise = fc.record({
      length: fc.nat(20),
      upper: fc.boolean(),
      value: fc.option(fc.stringMatching(/^[a-z0-9/.]{0,5}$/)),
      underscore: fc.boolean(),
      before: fc.array(fc.stringMatching(/^[a-z]{1,4}$/), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(names, disguise, (name, { length, upper, value, underscore, before }) => {
        let text = name.slice(0, Math.max(1, length));
        if (upper) text = text.toUpperCase();
        if (underscore) text = text.replaceAll('-', '_');
        const argument = `--${text}${value === null ? '' : `=${value}`}`;
        const lists = {
          commands: ['x'],
          allowedArgs: ['*', '-*', '--*'],
          forbiddenArgs: [`--${name}`],
        };
        expect(judgeArguments([...before, argument], lists)?.argument).toBe(argument);
      }),
    );
  });

  it('finds a letter in every cluster', () => {
    const cluster = fc.tuple(
      fc.stringMatching(/^[a-zA-Z]{0,4}$/),
      fc.stringMatching(/^[a-z/.=]{0,6}$/),
    );
    fc.assert(
      fc.property(fc.constantFrom(...'abcXYZ9'), cluster, (letter, [before, behind]) => {
        expect(forbids(`-${letter}`, [`-${before}${letter}${behind}`], 0)).toBe(true);
      }),
    );
  });
});

describe('characters', () => {
  it.each([
    'a\0b',
    'a\nb',
    'a\rb',
    'a\u001bb',
    'a\u007f',
    'a\u0085',
    'a\u2028b',
    'a\u202eb',
    'a\ufeffb',
    'a\ud800b',
    'a\u{e0041}',
    '\u2010x',
    '\u2212-x',
    '—exec',
    '－x',
    '﹣x',
    '--ехес',
    '-é',
    '--a\u0301',
    '\u00adx',
  ])('%j is refused, whatever is allowed', (argument) => {
    const lists = { commands: ['x'], allowedArgs: ['*', '-*', argument], forbiddenArgs: [] };
    expect(judgeArguments([argument], lists)).toMatchObject({ argument, isUnlisted: false });
  });

  it.each(['é', '日本', '👨‍👩‍👧', 'a—b', '--x=é', 'tab\u00a0b'])('%j is not', (argument) => {
    const lists = { commands: ['x'], allowedArgs: ['*', '--x=*'], forbiddenArgs: [] };
    expect(judgeArguments([argument], lists)).toBeUndefined();
  });
});

it('judges every argument, also behind `--`', () => {
  const lists = { commands: ['x'], allowedArgs: ['a', '--'], forbiddenArgs: [] };
  expect(judgeArguments(['a', '--', 'a'], lists)).toBeUndefined();
  expect(judgeArguments(['a', '--', '-x'], lists)?.argument).toBe('-x');
  expect(judgeArguments(['b', '--'], lists)?.argument).toBe('b');
  expect(judgeArguments([], { ...lists, allowedArgs: [] })).toBeUndefined();
});
