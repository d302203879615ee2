import { lengthOfU32, Writer, type Contents } from './writer.ts';

/** Bytes of the guest that are taken over as they stand. */
export class Run implements Contents {
  readonly len: number;
  private readonly source: Uint8Array;
  private readonly start: number;

  constructor(source: Uint8Array, start: number, end: number) {
    this.source = source;
    this.start = start;
    this.len = end - start;
  }

  writeTo(out: Writer): void {
    out.copy(this.source, this.start, this.start + this.len);
  }
}

/** The sections of a module to be written. Kept until all are known, so that no byte of a large one is moved twice. */
export class Sections {
  private readonly list: { readonly id: number; readonly contents: Contents }[] = [];

  add(id: number, contents: Contents): void {
    this.list.push({ id, contents });
  }

  /** The module. */
  write(): Uint8Array<ArrayBuffer> {
    const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
    let size = header.length;
    for (const { contents } of this.list) size += 1 + lengthOfU32(contents.len) + contents.len;
    const out = new Writer(size);
    out.bytes(header);
    for (const { id, contents } of this.list) out.section(id, contents);
    return out.buf;
  }
}
