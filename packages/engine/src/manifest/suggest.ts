/** Did-you-mean. */

const maximumLength = 64;

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(
        (row[j - 1] ?? 0) + 1,
        (previous[j] ?? 0) + 1,
        (previous[j - 1] ?? 0) + cost,
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, (before[j - 2] ?? 0) + 1);
      }
      row.push(best);
    }
    before = previous;
    previous = row;
  }
  return previous[b.length] ?? 0;
}

/** Spelling aside: `AllowedDomains`, `allowed-domains` and `allowed_domains` are the same word. */
function folded(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}

/** The known word that was most likely meant; `undefined` if none is near. */
export function suggest(word: string, known: readonly string[]): string | undefined {
  if (word.length > maximumLength) return undefined;
  const plain = folded(word);
  let best: { readonly word: string; readonly distance: number } | undefined;
  for (const candidate of known) {
    const other = folded(candidate);
    const steps = plain === other ? 0 : distance(plain, other);
    const starts = plain.length >= 3 && other.startsWith(plain);
    // `minimum` for `min`, `network_rules` for `network`.
    const goesOn = other.length >= 3 && plain.startsWith(other);
    const close = steps <= Math.max(1, Math.floor(Math.max(plain.length, other.length) / 3));
    const near = goesOn || ((starts || close) && steps < other.length);
    if (near && (best === undefined || steps < best.distance)) {
      best = { word: candidate, distance: steps };
    }
  }
  return best?.word;
}
