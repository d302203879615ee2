/** What in an argument could be a path. */
import { homedir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { isOption } from './arguments/option.ts';

// Bounded, so that a long word is looked through once.
const scheme = /(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,30}:\/\//gi;

/** What an argument gives: itself, what is behind `=`, and what may be glued to short options. */
function givenBy(argument: string): readonly string[] {
  if (!isOption(argument)) return [argument];
  const texts: string[] = [];
  if (argument.includes('=')) texts.push(argument.slice(argument.indexOf('=') + 1));
  if (/^-[^-]./u.test(argument)) {
    texts.push(argument.slice(2));
    // Behind several letters, the path begins nobody knows where; at the latest at its first slash or dots.
    const at = argument.search(/\/|\.\.|~/);
    if (at > 2) texts.push(argument.slice(at));
    const letters = /^-[A-Za-z0-9]{2,16}/.exec(argument)?.[0].length ?? 0;
    for (let begin = 3; begin <= letters && !argument.includes('/'); begin += 1) {
      texts.push(argument.slice(begin));
    }
  }
  return texts;
}

/** Programs cut their arguments in many ways, as in `name@file`, `name=<file`, `into'file'` and `host:file`. */
function pieces(text: string): readonly string[] {
  return text.split(/[,;|&\s"'`()<>[\]{}]/).flatMap((part) => {
    // `https://x/y` has no path of this machine; `unix:///y` has.
    const plain = part.replace(scheme, (found) => (/^file:/i.test(found) ? found : ' '));
    const url = part.search(/file:/i);
    return [part, ...(url > 0 ? [part.slice(url)] : []), ...plain.split(/[=:@\s]/)];
  });
}

/** Some make one text of `{..}` and `[k-k]`: there is no telling which. */
const unbraced = (text: string): readonly string[] =>
  /[{}[\]]/.test(text) ? [text.replaceAll(/[{}[\]]/g, '')] : [];

/** Each text that a program may take for a path; the rest of the argument is none. */
export function pathWords(argument: string): readonly string[] {
  const words = givenBy(argument)
    .flatMap((text) => [text, ...unbraced(text)])
    .flatMap((text) => [text, ...pieces(text)]);
  const bare = words.map((word) => word.replace(/^[@<>"'([{+]+/, ''));
  return [...new Set(bare)].filter((word) => word !== '' && word !== '-');
}

/** The path that a word names: absolute, or relative to the working directory; `undefined` if nobody knows. */
export function pathOf(word: string): string | undefined {
  if (/^file:/i.test(word)) {
    try {
      return fileURLToPath(/^file:\/\//i.test(word) ? word : `file://${word.slice(5)}`);
    } catch {
      return undefined;
    }
  }
  if (word === '~' || word.startsWith('~/')) return `${homedir()}${word.slice(1)}`;
  return word.startsWith('~') ? undefined : word;
}
