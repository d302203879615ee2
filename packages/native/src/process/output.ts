/** What a command writes: bounded, as text, and harmless to a terminal. */
import { escapeLines } from '@skill-engine/engine';

/** Collects two streams within one bound. */
export class Output {
  readonly #limit: number;
  readonly #chunks: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] };
  #size = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether it still fits. What passes the bound is dropped. */
  add(stream: 'stdout' | 'stderr', chunk: Buffer): boolean {
    const room = Math.max(0, this.#limit - this.#size);
    this.#size += chunk.length;
    if (room > 0) this.#chunks[stream].push(chunk.subarray(0, room));
    return chunk.length <= room;
  }

  /** UTF-8, with a replacement for what is none. */
  text(stream: 'stdout' | 'stderr'): string {
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(
      Buffer.concat(this.#chunks[stream]),
    );
  }
}

/**
 * Text whose controls are escaped as the engine shows them to people, so that to escape it again changes nothing.
 *
 * @param kept values that stay as they are wherever they stand, because the engine has yet to find them
 */
export function harmless(text: string, kept: readonly string[]): string {
  const special = kept.filter((value) => value !== '' && escapeLines(value) !== value);
  const [first, ...others] = special;
  if (first === undefined) return escapeLines(text.replaceAll('\r\n', '\n'));
  return text
    .split(first)
    .map((part) => harmless(part, others))
    .join(first);
}
