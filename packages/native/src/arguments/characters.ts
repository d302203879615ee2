/** Characters that no argument has: controls, line ends, invisible and reordering ones, lone surrogates. */
const refused = /[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]--[\u200c-\u200d]]/v;

/** What some programs, fonts and people take for a hyphen at the beginning of an option. */
const dashes =
  /^[\u00ad\u02d7\u058a\u05be\u1400\u1806\u2010-\u2015\u2043\u207b\u208b\u2212\u2796\u2cba\u2e3a\u2e3b\u301c\u3030\ufe58\ufe63\uff0d]/u;

/** Why the text cannot be an argument, or `undefined`. */
export function badCharacters(argument: string): string | undefined {
  const found = refused.exec(argument);
  if (found) {
    const code = found[0].codePointAt(0)!.toString(16).padStart(4, '0').toUpperCase();
    return `an argument has no character U+${code}`;
  }
  if (dashes.test(argument)) return 'it begins with a character that looks like a hyphen';
  const [name = ''] = argument.split('=', 1);
  // eslint-disable-next-line no-control-regex -- everything outside of ASCII is what is looked for
  if (argument.startsWith('-') && /[^\u0000-\u007f]/u.test(name)) {
    return 'the name of an option has letters that look like others';
  }
  return undefined;
}
