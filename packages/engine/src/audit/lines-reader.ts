/** Reads a JSON-lines store without its lock, also while it is written. Nothing is made, marked or written. */
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { SkillError } from '../errors.ts';
import { peekEntry } from './lines-format.ts';
import { LinesIndex } from './lines-index.ts';
import { LinesQueries } from './lines-queries.ts';
import { readLines } from './lines-read.ts';
import { closeAll, namesOf, openSegments, type Segment } from './lines-segments.ts';
import { findPrune, isLeft, type Prune } from './lines-verify.ts';
import { verifyJsonLinesAudit } from './lines-verify-file.ts';
import { closed } from './page.ts';
import type { AuditReader } from './sqlite.ts';
import { unavailable } from './unavailable.ts';
import type { Verification } from './verify.ts';
import type { VerifyOptions } from './verify-store.ts';

/** What was read of the files, as they were then. */
interface View {
  readonly segments: readonly Segment[];
  readonly index: LinesIndex;
  readonly prune: Prune | undefined;
  /** Bytes of the file that grows that are in the index. */
  readTo: number;
}

/**
 * Opens a store of JSON lines to look at it. The first question reads all of it, further ones what has come since.
 *
 * @throws SkillError AUDIT_UNAVAILABLE when it cannot be read
 */
export function openJsonLinesReader(path: string): AuditReader {
  return new Reader(resolve(path));
}

class Reader extends LinesQueries implements AuditReader {
  readonly #path: string;
  #view: View | undefined;
  #refreshing: Promise<View | undefined> | undefined;
  #closed = false;

  constructor(path: string) {
    super();
    this.#path = path;
  }

  protected async index(): Promise<LinesIndex> {
    return (await this.#current())?.index ?? new LinesIndex();
  }

  async lastPrune(): Promise<string | undefined> {
    return (await this.#current())?.prune?.body;
  }

  verify(options: Omit<VerifyOptions, 'path'> = {}): Promise<Verification> {
    return verifyJsonLinesAudit({ ...options, path: this.#path });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#refreshing?.catch(() => undefined);
    await this.settleReads();
    closeAll(this.#view?.segments ?? []);
    this.#view = undefined;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** One at a time: what is asked meanwhile gets the same. */
  async #current(): Promise<View | undefined> {
    if (this.#closed) throw closed();
    this.#refreshing ??= this.#refresh()
      .catch((error: unknown) => {
        throw unavailable('read', error);
      })
      .finally(() => (this.#refreshing = undefined));
    return this.#refreshing;
  }

  async #refresh(): Promise<View | undefined> {
    if (!existsSync(this.#path) && namesOfIfAny(this.#path).length === 0) return undefined;
    const growing = this.#view?.segments.at(-1);
    if (this.#view !== undefined && growing !== undefined) {
      const now = statSync(this.#path, { throwIfNoEntry: false });
      const same = now !== undefined && `${now.dev}:${now.ino}` === growing.identity;
      if (same && now.size >= this.#view.readTo) {
        await readOn(this.#view, growing, now.size);
        return this.#view;
      }
    }
    const old = this.#view;
    this.#view = undefined;
    await this.settleReads();
    closeAll(old?.segments ?? []);
    const segments = openSegments(this.#path);
    try {
      const prune = await findPrune(segments);
      const view: View = { segments, index: new LinesIndex(), prune, readTo: 0 };
      for (const segment of segments.filter((one) => !isLeft(one, prune))) {
        view.readTo = 0;
        await readOn(view, segment, segment.size);
      }
      if (segments.at(-1)?.first !== undefined) view.readTo = 0;
      return (this.#view = view);
    } catch (error) {
      closeAll(segments);
      throw error;
    }
  }
}

async function readOn(view: View, segment: Segment, size: number): Promise<void> {
  for await (const { bytes, start } of readLines(segment.descriptor, size, view.readTo)) {
    const entry = peekEntry(bytes);
    if (entry === undefined) {
      throw new SkillError(
        'AUDIT_UNAVAILABLE',
        `${segment.path} has a line at byte ${start} that is no entry of an audit record. \`skill audit verify\` says more; ` +
          'an export has to be imported first: skill audit import.',
      );
    }
    view.index.add(entry.seq, entry.kind, entry.body, {
      file: segment,
      start,
      length: bytes.length,
    });
    view.readTo = start + bytes.length + 1;
  }
}

function namesOfIfAny(path: string): number[] {
  try {
    return namesOf(path);
  } catch {
    return [];
  }
}
