/** wasi:http/types `fields`: the header rules of `broker/http-rules.ts`, told early. */
import {
  HEADER_BYTES,
  HEADER_FIELDS,
  isFieldValue,
  isForbiddenField,
  isToken,
} from '../broker/http-rules.ts';

export type HeaderError = { tag: 'invalid-syntax' } | { tag: 'forbidden' } | { tag: 'immutable' };

/** How fields cross the wire: a value is a text of one character a byte. */
export type WireFields = readonly (readonly [string, string])[];

const invalid = (): HeaderError => ({ tag: 'invalid-syntax' });
const forbidden = (): HeaderError => ({ tag: 'forbidden' });

/** Bytes to characters, in steps that no stack is too small for. */
function toLatin1(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 4096) {
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  }
  return text;
}

function fromLatin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function check(name: string, value: Uint8Array): string {
  if (!isToken(name)) throw invalid();
  if (isForbiddenField(name)) throw forbidden();
  if (value.length > HEADER_BYTES) throw forbidden();
  const text = toLatin1(value);
  if (!isFieldValue(text)) throw invalid();
  return text;
}

export class Fields {
  #entries: [string, string][] = [];
  #bytes = 0;
  #immutable = false;

  static fromList(entries: readonly (readonly [string, Uint8Array])[]): Fields {
    const fields = new Fields();
    for (const [name, value] of entries) fields.append(name, value);
    return fields;
  }

  /** Fields that came from outside, which the broker has checked; they cannot be changed. */
  static received(entries: WireFields): Fields {
    const fields = new Fields();
    fields.#entries = entries.map(([name, value]) => [name, value]);
    fields.#immutable = true;
    return fields;
  }

  /** The same fields, which can no longer be changed. */
  frozen(): Fields {
    return Fields.received(this.#entries);
  }

  get wire(): WireFields {
    return this.#entries;
  }

  #change(): void {
    if (this.#immutable) throw { tag: 'immutable' } satisfies HeaderError;
  }

  get(name: string): Uint8Array[] {
    const wanted = name.toLowerCase();
    return this.#entries
      .filter(([key]) => key.toLowerCase() === wanted)
      .map(([, value]) => fromLatin1(value));
  }

  has(name: string): boolean {
    const wanted = name.toLowerCase();
    return this.#entries.some(([key]) => key.toLowerCase() === wanted);
  }

  set(name: string, values: readonly Uint8Array[]): void {
    this.#change();
    if (!isToken(name)) throw invalid();
    for (const value of values) check(name, value);
    this.#remove(name);
    for (const value of values) this.append(name, value);
  }

  delete(name: string): void {
    this.#change();
    if (!isToken(name)) throw invalid();
    if (isForbiddenField(name)) throw forbidden();
    this.#remove(name);
  }

  #remove(name: string): void {
    const unwanted = name.toLowerCase();
    this.#entries = this.#entries.filter(([key]) => key.toLowerCase() !== unwanted);
    this.#bytes = this.#entries.reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  }

  append(name: string, value: Uint8Array): void {
    this.#change();
    const text = check(name, value);
    const bytes = this.#bytes + name.length + text.length;
    if (this.#entries.length >= HEADER_FIELDS || bytes > HEADER_BYTES) throw forbidden();
    this.#bytes = bytes;
    this.#entries.push([name, text]);
  }

  entries(): [string, Uint8Array][] {
    return this.#entries.map(([name, value]) => [name, fromLatin1(value)]);
  }

  /** A copy may be changed, also that of fields which came from outside. */
  clone(): Fields {
    const fields = new Fields();
    fields.#entries = this.#entries.map(([name, value]) => [name, value]);
    fields.#bytes = this.#entries.reduce(
      (sum, [name, value]) => sum + name.length + value.length,
      0,
    );
    return fields;
  }

  [Symbol.dispose](): void {}
}
