/**
 * `TextEncoder` and `TextDecoder` as generated code sees them. Node's own throw errors of internal classes, which
 * cannot be frozen ahead, and would so carry what one invocation leaves to the next.
 *
 * Generated code asks for a decoder without options, which would replace what is no text and swallow a leading U+FEFF. The
 * component model has neither: what is no text is a trap, and a string is its characters. So these are the defaults here.
 */
const Encoder = TextEncoder;
const Decoder = TextDecoder;

function plainly<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw error instanceof RangeError
      ? new RangeError('the encoding is not known, or there is too much text')
      : new TypeError('the bytes are not text of this encoding');
  }
}

class PlainEncoder {
  readonly #encoder = new Encoder();
  readonly encoding = 'utf-8';

  encode(text = ''): Uint8Array {
    const string = `${text}`;
    return plainly(() => this.#encoder.encode(string));
  }

  encodeInto(text: string, target: Uint8Array): { read: number; written: number } {
    const string = `${text}`;
    return plainly(() => this.#encoder.encodeInto(string, target));
  }
}

class PlainDecoder {
  readonly #decoder: InstanceType<typeof Decoder>;

  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean }) {
    this.#decoder = plainly(() => new Decoder(label, { fatal: true, ignoreBOM: true, ...options }));
  }

  decode(bytes?: Uint8Array, options?: { stream?: boolean }): string {
    return plainly(() => this.#decoder.decode(bytes, options));
  }
}

/** What takes the place of the realm's own. */
export const textCoders = { TextEncoder: PlainEncoder, TextDecoder: PlainDecoder };
