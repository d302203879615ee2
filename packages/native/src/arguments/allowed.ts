import { wildcard } from './wildcard.ts';

/** What programs take for something else than a plain argument: options, files of arguments, commands of editors. */
const special = /^[-@+]/;

/**
 * Whether an entry of `allowed_args` allows the argument: as it is written, or with `*` for any characters. What a `*`
 * stands for at the beginning, or behind a `=`, is not empty and begins with none of `-`, `@` and `+`.
 */
export function allows(entry: string, argument: string): boolean {
  if (entry === argument) return true;
  if (!entry.includes('*') || !wildcard(entry, argument)) return false;
  if (entry.startsWith('*') && (argument === '' || special.test(argument))) return false;
  const at = argument.indexOf('=');
  const behind = at < 0 ? '' : argument.slice(at + 1);
  const starred = /^[^=]*=\*/.test(entry) || /^[^=]*\*/.test(entry);
  return !(at >= 0 && starred && special.test(behind));
}
