/** What a container prints: the API's frames, taken apart, counted and kept within the limit. */
import type { Duplex } from 'node:stream';

const headerBytes = 8;

export class ContainerOutput {
  /** Resolves when the stream is over: with `true` if it ended where a frame does. */
  readonly ended: Promise<boolean>;
  readonly #limit: number;
  readonly #overflow: () => void;
  readonly #stdout = new Bytes();
  readonly #stderr = new Bytes();
  #header = Buffer.alloc(0);
  #left = 0;
  #into = this.#stdout;
  #total = 0;
  #broken = false;

  /** @param overflow called once, when more than `limit` bytes were printed */
  constructor(stream: Duplex, limit: number, overflow: () => void) {
    this.#limit = limit;
    this.#overflow = overflow;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.ended = promise;
    stream.on('data', (chunk: Buffer) => {
      this.#take(chunk);
      if (this.#broken || this.#total > limit) stream.destroy();
    });
    let failed = false;
    stream.on('error', () => (failed = true));
    stream.on('close', () => {
      resolve(!failed && !this.#broken && this.#left === 0 && this.#header.length === 0);
    });
    // The daemon's end is the end: nothing is written here.
    stream.on('end', () => stream.destroy());
  }

  get overflowed(): boolean {
    return this.#total > this.#limit;
  }

  get stdout(): string {
    return this.#stdout.text;
  }

  get stderr(): string {
    return this.#stderr.text;
  }

  #take(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0 && !this.#broken && !this.overflowed) {
      if (this.#left > 0) {
        const part = rest.subarray(0, this.#left);
        this.#left -= part.length;
        rest = rest.subarray(part.length);
        this.#keep(part);
        continue;
      }
      const missing = headerBytes - this.#header.length;
      this.#header = Buffer.concat([this.#header, rest.subarray(0, missing)]);
      rest = rest.subarray(missing);
      if (this.#header.length === headerBytes) this.#begin();
    }
  }

  #begin(): void {
    const kind = this.#header.readUInt32BE(0) >>> 24;
    const isFrame = (this.#header.readUInt32BE(0) & 0xffffff) === 0 && (kind === 1 || kind === 2);
    if (!isFrame) {
      this.#broken = true;
      return;
    }
    this.#into = kind === 1 ? this.#stdout : this.#stderr;
    this.#left = this.#header.readUInt32BE(4);
    this.#header = Buffer.alloc(0);
  }

  #keep(part: Buffer): void {
    const room = this.#limit - this.#total;
    this.#total += part.length;
    this.#into.add(part.subarray(0, room));
    if (this.overflowed) this.#overflow();
  }
}

/** One buffer that grows: a list of what came would cost a hundred bytes for each that is printed alone. */
class Bytes {
  #bytes = Buffer.alloc(4096);
  #length = 0;

  add(part: Buffer): void {
    const needed = this.#length + part.length;
    if (needed > this.#bytes.length) {
      const larger = Buffer.alloc(Math.max(needed, 2 * this.#bytes.length));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    part.copy(this.#bytes, this.#length);
    this.#length = needed;
  }

  get text(): string {
    return this.#bytes.toString('utf8', 0, this.#length);
  }
}
