/** REDTEAM FS-33: names that mean something else to Windows or macOS, where the portable walk is used. */
import { expect, test } from 'vitest';
import { readText, scratch, thrownBy, writeText } from '../../../../test/support/filesystem.ts';
import { isTreacherousName } from './filesystem-portable.ts';

const treacherous = [
  'CON',
  'con',
  'NUL',
  'PRN',
  'AUX',
  'aux.txt',
  'nul.tar.gz',
  'COM1',
  'COM¹',
  'com9.log',
  'LPT⁰',
  'LPT0',
  'CONIN$',
  'conout$',
  'CON .txt',
  'file:stream',
  'file::$DATA',
  'C:x',
  'C:',
  'trailing.',
  'trailing ',
  '...',
  'PROGRA~1',
  '..\\secret',
  '\\\\?\\C:\\x',
  'a*',
  'a?',
  'a|b',
  '<a>',
  'a"b',
  'a\u0001b',
];

test('FS-33: treacherous names are refused by the portable walk, for every use', () => {
  using tree = scratch();
  tree.files({ 'data/a': 'a' });
  const { preopens } = tree.open({ write: ['data'] }, { walk: 'checked' });
  const data = preopens.get(tree.path('data'))!;
  for (const name of treacherous) {
    const attempts = [
      () => writeText(data, name, 'x'),
      () => readText(data, name),
      () => readText(data, `${name}/x`),
      () => data.createDirectoryAt(name),
      () => data.renameAt('a', data, name),
      () => data.linkAt({}, 'a', data, name),
      () => data.symlinkAt('a', name),
      () => data.unlinkFileAt(name),
    ];
    for (const attempt of attempts) expect(thrownBy(attempt), name).toBe('not-permitted');
  }
});

test('ordinary names are not treacherous', () => {
  const names = [
    'a',
    '.hidden',
    'contents',
    'aux_file',
    'com10',
    'auxiliary.txt',
    'a.b.c',
    'é',
    'x~',
    '日本',
  ];
  for (const name of names) expect(isTreacherousName(name), name).toBe(false);
});

test('on Linux these are ordinary names', () => {
  using tree = scratch();
  tree.files({ 'data/a': 'a' });
  const { preopens } = tree.open({ write: ['data'] }, { walk: 'held' });
  const data = preopens.get(tree.path('data'))!;
  for (const name of ['aux.txt', '12:30.log', 'trailing ', 'back\\slash']) {
    writeText(data, name, name);
    expect(readText(data, name)).toBe(name);
  }
});
