/** DNS messages (RFC 1035, RFC 3596), as far as looking up addresses needs them. Answers are hostile. */
import { formatAddress } from '../authority/address.ts';

export const recordType = { A: 1, CNAME: 5, AAAA: 28 } as const;

/** A query with recursion desired, class IN. `name` is in normal form (ASCII, at most 253 characters). */
export function encodeQuery(name: string, type: number, id = 0): Uint8Array {
  const labels = name.split('.').map((label) => Buffer.from(label, 'latin1'));
  const question = labels.flatMap((label) => [label.length, ...label]);
  return Uint8Array.from([
    id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0,
    ...question, 0, type >> 8, type & 255, 0, 1,
  ]); // prettier-ignore
}

export interface DnsAnswer {
  /** Response code: 0 no error, 3 no such name, others failures of the server. */
  readonly code: number;
  /** Addresses of the records of the type asked for, whatever name they stand at. */
  readonly addresses: readonly string[];
}

/** Answers with more records than this are not read to their end. */
const RECORDS = 256;

class Cursor {
  readonly #view: DataView;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
  }

  u16(): number {
    const value = this.#view.getUint16(this.at);
    this.at += 2;
    return value;
  }

  /** A pointer ends a name, wherever it points; the name itself is not needed. */
  skipName(): void {
    for (;;) {
      const length = this.#view.getUint8(this.at);
      this.at += 1;
      if (length === 0) return;
      if (length >= 192) {
        this.at += 1;
        return;
      }
      if (length > 63) throw new RangeError('label');
      this.at += length;
    }
  }
}

/** @throws RangeError for a message that is malformed or answers something else */
export function decodeAnswer(bytes: Uint8Array, type: number, id = 0): DnsAnswer {
  const head = new Cursor(bytes, 0);
  const [answered, flags, questions, records] = [head.u16(), head.u16(), head.u16(), head.u16()];
  if (answered !== id || flags >> 15 !== 1 || questions !== 1)
    throw new RangeError('not an answer');
  const cursor = new Cursor(bytes, 12);
  cursor.skipName();
  if (cursor.u16() !== type) throw new RangeError('another question');
  cursor.at += 2;
  const addresses: string[] = [];
  for (let record = 0; record < Math.min(records, RECORDS); record += 1) {
    cursor.skipName();
    const kind = cursor.u16();
    cursor.at += 6;
    const length = cursor.u16();
    const data = bytes.subarray(cursor.at, cursor.at + length);
    if (data.length !== length) throw new RangeError('cut off');
    cursor.at += length;
    if (kind !== type || length !== (type === recordType.A ? 4 : 16)) continue;
    const bits = data.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
    addresses.push(formatAddress({ version: type === recordType.A ? 4 : 6, bits }));
  }
  return { code: flags & 15, addresses };
}
