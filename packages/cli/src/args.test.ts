import { expect, test } from 'vitest';
import { splitArguments } from './args.ts';

const flags = {
  user: { type: 'string' },
  params: { type: 'string' },
  param: { type: 'string', multiple: true },
  json: { type: 'boolean' },
} as const;

const split = (args: string[], collectOthers = true) =>
  splitArguments(args, { verb: 'run', flags, collectOthers });

test('own flags, positionals and parameters are told apart', () => {
  const line = split(['s', 't', '--user', 'ada', '--path', 'docs', '--deep', '--json', '--n=3']);
  expect(line.positionals).toEqual(['s', 't']);
  expect(line.one('user')).toBe('ada');
  expect(line.has('json')).toBe(true);
  expect(line.others).toEqual([
    { name: 'path', value: 'docs' },
    { name: 'deep', value: undefined },
    { name: 'n', value: '3' },
  ]);
});

test('values of parameters may begin with one dash, be empty, or hold =', () => {
  expect(split(['--n', '-5', '--e', '', '--q=a=b', '--f', '-abc']).others).toEqual([
    { name: 'n', value: '-5' },
    { name: 'e', value: '' },
    { name: 'q', value: 'a=b' },
    { name: 'f', value: '-abc' },
  ]);
});

test('what follows -- is left alone', () => {
  const line = split(['s', '--json', '--', '--user', '-x', '--', 'a b']);
  expect(line.rest).toEqual(['--user', '-x', '--', 'a b']);
  expect(line.has('user')).toBe(false);
  expect(split(['s', '--flag', '--', 'x']).others).toEqual([{ name: 'flag', value: undefined }]);
  expect(split(['s']).rest).toBeUndefined();
});

test('names of object members are plain names', () => {
  const line = split(['--__proto__', 'x', '--constructor=y', '--has-own-property']);
  expect(line.others.map(({ name }) => name)).toEqual([
    '__proto__',
    'constructor',
    'has-own-property',
  ]);
  expect(line.has('constructor')).toBe(false);
});

test('a flag may be repeated only where that means something', () => {
  expect(split(['--param', 'a=1', '--param', 'b=2']).all('param')).toEqual(['a=1', 'b=2']);
  expect(() => split(['--user', 'a', '--user', 'b'])).toThrow('--user is given twice');
});

test('- is a value, another flag is not', () => {
  expect(split(['--params', '-']).one('params')).toBe('-');
  expect(() => split(['--user', '--json'])).toThrow('--user needs a value');
  expect(() => split(['--user'])).toThrow('--user needs a value');
  expect(split(['--user=--json']).one('user')).toBe('--json');
  expect(() => split(['--json=yes'])).toThrow('--json takes no value');
});

test('an unknown flag is refused, with the one that was meant', () => {
  expect(() => split(['--jsno'], false)).toThrow(
    'skill run: there is no flag "--jsno"; did you mean --json? See: skill help run',
  );
  expect(() => split(['-x'])).toThrow('there is no flag "-x"');
});

test('a positional after a parameter is refused: the parameter would have eaten it', () => {
  expect(() => split(['s', '--path', 'a', 'b'])).toThrow('"b" stands after the parameter --path');
});

test('a value that may be left out is taken only where it looks like one', () => {
  const table = { http: { type: 'string', optional: /^:\d+$/ }, user: { type: 'string' } } as const;
  const line = (...args: string[]) => splitArguments(args, { verb: 'serve', flags: table });
  expect(line('--http', './skill').one('http')).toBe('');
  expect(line('--http', './skill').positionals).toEqual(['./skill']);
  expect(line('--http', ':80', './skill').one('http')).toBe(':80');
  expect(line('--http', ':80', './skill').positionals).toEqual(['./skill']);
  expect(line('--http=any').one('http')).toBe('any');
  expect(line('--http', '--user', 'ada').one('user')).toBe('ada');
  expect(line('./skill', '--http').has('http')).toBe(true);
  expect(() => line('--http', '--http')).toThrow('--http is given twice');
});
