/** What a guest wrote to its standard error before it failed to answer at load: often the only reason that there is. Pure. */

const LINES = 3;
const CHARACTERS = 300;

/** A sentence to put behind an error's message; empty if the guest wrote nothing. Raw text of a guest: escape it for a terminal. */
export function wordsOf(stderr: string): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (lines.length === 0) return '';
  const text = lines.slice(0, LINES).join(' / ');
  return ` It wrote: ${text.length > CHARACTERS ? `${text.slice(0, CHARACTERS)}…` : text}`;
}
