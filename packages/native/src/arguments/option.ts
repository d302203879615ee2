/** The disguises of an option. */

/** Without regard to case, width, and `_` or `-`. */
export const folded = (text: string): string =>
  text.normalize('NFKC').toLowerCase().replaceAll('_', '-');

/** Whether an argument is an option for any program that could read it so. */
export const isOption = (text: string): boolean => text.startsWith('-') && text !== '-';

/** `--name` or `-name` with what stands before and behind `=`. */
function parts(option: string): { readonly name: string; readonly value: string | undefined } {
  const at = option.indexOf('=');
  return at < 0
    ? { name: option, value: undefined }
    : { name: option.slice(0, at), value: option.slice(at + 1) };
}

/**
 * Whether a program may take the argument for the option: `--exec` also as `--exec=x`, `--exe`, `--EXEC` and `-exec`;
 * `-c` also within `-xc` and `-cVALUE`; with a value (`--color=always`), with this value only.
 */
export function givesOption(option: string, argument: string): boolean {
  if (!isOption(argument)) return false;
  const wanted = parts(option);
  const given = parts(argument);
  if (/^-[^-]$/u.test(wanted.name)) {
    // Anywhere in the cluster: which letters take a value is not known.
    const letter = wanted.name.slice(1);
    // Programs in Go take two dashes for one.
    if (argument.startsWith('--')) return given.name === `--${letter}`;
    return argument.slice(1).includes(wanted.name.slice(1) + (wanted.value ?? ''));
  }
  const name = folded(given.name).replace(/^-+/, '');
  const full = folded(wanted.name).replace(/^-+/, '');
  // A name after one dash is abbreviated nowhere; one after two is, if the argument has two.
  const abbreviated =
    wanted.name.startsWith('--') &&
    argument.startsWith('--') &&
    name !== '' &&
    full.startsWith(name);
  if (name !== full && !abbreviated) return false;
  return wanted.value === undefined || given.value === undefined || given.value === wanted.value;
}
