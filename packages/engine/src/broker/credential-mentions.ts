/** Finds placeholders where they do not belong. They are no secret: it is the attempt that is told and refused. */

/** What every placeholder begins with, also those of other invocations. */
export const PLACEHOLDER_PREFIX = 'skill-credential:';

export interface Named {
  readonly name: string;
  readonly placeholder: string | null;
}

interface Needle {
  readonly name: string;
  readonly bytes: Buffer;
}

export class Mentions {
  readonly #needles: readonly Needle[];
  /** Bytes of the longest. */
  readonly reach: number;

  constructor(credentials: readonly Named[]) {
    const own = credentials.flatMap(({ name, placeholder }) =>
      placeholder === null
        ? []
        : [{ name, bytes: Buffer.from(placeholder.slice(PLACEHOLDER_PREFIX.length)) }],
    );
    // The random part alone is found, too: a name of a host has no colon.
    this.#needles =
      own.length === 0 ? [] : [...own, { name: '', bytes: Buffer.from(PLACEHOLDER_PREFIX) }];
    this.reach = Math.max(0, ...this.#needles.map(({ bytes }) => bytes.length));
  }

  /** The credential's name, empty for a placeholder of nobody; `undefined` where there is none. */
  find(data: string | Uint8Array): string | undefined {
    if (this.#needles.length === 0) return undefined;
    const bytes =
      typeof data === 'string'
        ? Buffer.from(data.toLowerCase(), 'latin1')
        : Buffer.from(data.buffer, data.byteOffset, data.length);
    return this.#needles.find((needle) => bytes.includes(needle.bytes))?.name;
  }
}

/** The same over the chunks of a stream. */
export class StreamMentions {
  readonly #mentions: Mentions;
  #tail: Buffer = Buffer.alloc(0);

  constructor(mentions: Mentions) {
    this.#mentions = mentions;
  }

  find(chunk: Uint8Array): string | undefined {
    if (this.#mentions.reach === 0) return undefined;
    const joined = Buffer.concat([this.#tail, chunk]);
    this.#tail = Buffer.from(
      joined.subarray(Math.max(0, joined.length - this.#mentions.reach + 1)),
    );
    return this.#mentions.find(joined);
  }
}
