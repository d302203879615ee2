import { posix } from 'node:path';
import { folded, givesOption, isOption } from './option.ts';
import { wildcard } from './wildcard.ts';

/** As programs compare words: without regard to case, width, and invisible joiners. */
function plain(text: string): string {
  const word = folded(text).replaceAll(/[\u200c\u200d]/gu, '');
  // A path is the same with doubled slashes, `.` and `..`.
  return word.includes('/') && !word.includes('://')
    ? posix.normalize(word).replace(/(?<=.)\/$/, '')
    : word;
}

/** `9`, `09`, `+9`, `0x9` and `9.0` are one number. */
function number(text: string): number | undefined {
  if (!/^[+-]?(?:0x[0-9a-f]+|0o[0-7]+|\d+(?:\.\d*)?(?:e[+-]?\d+)?)$/i.test(text)) return undefined;
  return Number(text.replace(/^\+/, ''));
}

function sameWord(entry: string, text: string): boolean {
  // Short options that differ in case are different ones.
  if (/^-[^-*]$/.test(entry)) return entry === text;
  if (wildcard(plain(entry), plain(text))) return true;
  const wanted = number(entry);
  return wanted !== undefined && wanted === number(text);
}

/** Whether the argument at this place is what an entry of `forbidden_args` forbids, in any of its disguises. */
export function forbids(entry: string, args: readonly string[], at: number): boolean {
  const argument = args[at] ?? '';
  if (sameWord(entry, argument)) return true;
  if (isOption(entry)) {
    if (!givesOption(entry, argument)) return false;
    const value = entry.indexOf('=') < 0 ? undefined : entry.slice(entry.indexOf('=') + 1);
    if (value === undefined || argument.includes('=') || /^-[^-]./.test(argument)) return true;
    return sameWord(value, args[at + 1] ?? '');
  }
  const equals = argument.indexOf('=');
  if (equals >= 0 && sameWord(entry, argument.slice(equals + 1))) return true;
  // Glued to short options, of which nobody knows where they end.
  return (
    /^-[^-]./u.test(argument) && entry !== '' && plain(argument.slice(2)).endsWith(plain(entry))
  );
}
