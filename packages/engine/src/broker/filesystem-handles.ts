/** What a guest has open: descriptors and listings, by number, capped. */
import { closeSync, type Dir } from 'node:fs';
import type { Identity } from './filesystem-directory.ts';
import type { Grant, Place } from './filesystem-grants.ts';
import { fail } from './wasi-error.ts';

export interface OpenFile {
  readonly kind: 'file';
  readonly file: number;
  readonly identity: Identity;
  readonly path: string;
  readonly grant: Grant;
  readonly read: boolean;
  readonly write: boolean;
  /** `O_SYNC`, `O_DSYNC` as the guest asked. */
  readonly syncFlags: number;
  /** The same file opened with `O_APPEND`, once something was appended. */
  appending: number | undefined;
}

export interface OpenDirectory {
  readonly kind: 'directory';
  place: Place;
  readonly preopen: boolean;
}

/** A listing that is not read to its end. */
export interface OpenListing {
  readonly kind: 'listing';
  readonly place: Place;
  readonly entries: Dir;
  /** Entries that may still be listed. */
  left: number;
  /** A name that has no text was left out. */
  skipped: boolean;
}

export type OpenObject = OpenFile | OpenDirectory | OpenListing;

function closeObject(object: OpenObject): void {
  if (object.kind === 'directory') object.place.directory.close();
  else if (object.kind === 'listing') object.entries.closeSync();
  else {
    closeSync(object.file);
    if (object.appending !== undefined) closeSync(object.appending);
  }
}

export class HandleTable {
  readonly #limit: number;
  readonly #open = new Map<number, OpenObject>();
  #next = 0;
  #preopens = 0;

  /** @param limit Descriptors and listings at one time, preopens not counted. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Throws when the table is full; called before anything is opened. */
  reserve(): void {
    if (this.#open.size - this.#preopens >= this.#limit) fail('insufficient-memory');
  }

  add(object: OpenObject): number {
    const handle = this.#next;
    this.#next += 1;
    this.#open.set(handle, object);
    if (object.kind === 'directory' && object.preopen) this.#preopens += 1;
    return handle;
  }

  get(handle: number): OpenObject {
    return this.#open.get(handle) ?? fail('bad-descriptor');
  }

  directories(): OpenDirectory[] {
    return [...this.#open.values()].filter((object) => object.kind === 'directory');
  }

  /** Preopens stay: a guest may ask for them again. */
  drop(handle: number): void {
    const object = this.get(handle);
    if (object.kind === 'directory' && object.preopen) return;
    this.#open.delete(handle);
    closeObject(object);
  }

  close(): void {
    for (const object of this.#open.values()) {
      if (object.kind !== 'directory' || !object.preopen) closeObject(object);
    }
    this.#open.clear();
  }
}
