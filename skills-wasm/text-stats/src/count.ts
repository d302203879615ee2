/** What a text is made of. */
export interface Counts {
  lines: number;
  words: number;
  /** Unicode characters, not bytes. */
  characters: number;
}

/** A word and how often it occurs. */
export interface Term {
  term: string;
  count: number;
}

/** A word: letters, marks and digits, with single apostrophes or hyphens inside. */
const word = /[\p{L}\p{N}][\p{L}\p{M}\p{N}]*(?:['’-][\p{L}\p{N}][\p{L}\p{M}\p{N}]*)*/gu;

/** A character that takes two units of a JavaScript string. */
const beyondBasicPlane = /[\u{10000}-\u{10ffff}]/gu;

/** The most distinct words that are kept: the rarest are dropped above it. */
const termLimit = 100_000;

/** A word longer than this is cut in two, so that a text without spaces can't fill the memory. */
const carryLimit = 1024;

/** Counts a text that arrives in pieces, cut anywhere. */
export class TextCounter {
  readonly counts: Counts = { lines: 0, words: 0, characters: 0 };
  readonly #terms: Map<string, number>;
  readonly #minLength: number;
  #carried = '';
  #openLine = false;

  /** `terms` may be shared by the counters of several texts. */
  constructor(terms: Map<string, number>, minLength: number) {
    this.#terms = terms;
    this.#minLength = minLength;
  }

  add(piece: string): void {
    if (piece === '') return;
    this.counts.characters += piece.length - (piece.match(beyondBasicPlane)?.length ?? 0);
    for (let at = piece.indexOf('\n'); at >= 0; at = piece.indexOf('\n', at + 1)) {
      this.counts.lines++;
    }
    this.#openLine = !piece.endsWith('\n');
    const text = this.#carried + piece;
    const cut = openWordStart(text);
    this.#carried = text.slice(cut);
    this.#count(text.slice(0, cut));
  }

  /** Counts what the last piece left open. */
  finish(): Counts {
    this.#count(this.#carried);
    this.#carried = '';
    if (this.#openLine) this.counts.lines++;
    this.#openLine = false;
    return this.counts;
  }

  #count(text: string): void {
    // match, not matchAll: that would compile the expression anew for every text.
    for (const term of text.toLowerCase().match(word) ?? []) {
      this.counts.words++;
      if (term.length < this.#minLength) continue;
      this.#terms.set(term, (this.#terms.get(term) ?? 0) + 1);
    }
    if (this.#terms.size > termLimit) dropRarest(this.#terms);
  }
}

const whitespace = /\s/u;

/** Where the last word of `text` begins, which the next piece may continue. */
function openWordStart(text: string): number {
  const earliest = Math.max(0, text.length - carryLimit);
  let at = text.length;
  while (at > earliest && !whitespace.test(text[at - 1]!)) at--;
  return at;
}

/** Halves the words that are kept. */
function dropRarest(terms: Map<string, number>): void {
  const rarest = [...terms].sort(([, a], [, b]) => a - b).slice(0, terms.size >> 1);
  for (const [term] of rarest) terms.delete(term);
}

/** The `top` most frequent words; equal counts in the order of their letters. */
export function mostFrequent(terms: Map<string, number>, top: number): Term[] {
  return Array.from(terms, ([term, count]) => ({ term, count }))
    .sort((a, b) => b.count - a.count || (a.term < b.term ? -1 : 1))
    .slice(0, top);
}
