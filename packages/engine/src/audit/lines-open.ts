/** Opens a JSON-lines store to write: all of it is read and verified, since its writer must know every execution. */
import { createPublicKey } from 'node:crypto';
import { unlinkSync } from 'node:fs';
import { Anchor } from './anchor.ts';
import { chainKey, GENESIS } from './chain.ts';
import type { Durability } from './database.ts';
import { loadSecrets, prepareFile, type StoreSecrets } from './files.ts';
import type { LastCheckpoint } from './lines-chain.ts';
import { changed } from './lines-file.ts';
import { LinesFiles } from './lines-files.ts';
import { LinesIndex, type Place } from './lines-index.ts';
import { lockFile } from './lines-lock.ts';
import { closeAll, openSegments, type Segment } from './lines-segments.ts';
import { isLeft, verifySegments } from './lines-verify.ts';
import { LinesWriter, type Rotation } from './lines-writer.ts';
import type { Retention } from './retention.ts';
import { signerOf } from './signing.ts';

export interface OpenedLines extends Disposable {
  readonly files: LinesFiles;
  readonly index: LinesIndex;
  readonly writer: LinesWriter;
  readonly secrets: StoreSecrets;
}

export interface OpenWith {
  readonly durability: Durability;
  readonly busyTimeoutMs: number;
  readonly rotation: Rotation;
  readonly retention: Retention | undefined;
}

export async function openLines(path: string, options: OpenWith): Promise<OpenedLines> {
  const { durability, busyTimeoutMs, rotation, retention } = options;
  const name = prepareFile(path);
  using parts = new DisposableStack();
  parts.use(await lockFile(name, busyTimeoutMs));
  const secrets = loadSecrets(name);
  const key = chainKey(secrets.key);
  const signer = signerOf(secrets.signing);
  const files = parts.use(new LinesFiles(name, durability));
  const { growing } = files;
  const segments = openSegments(name, true);
  // Those that stay are the files' from here on.
  using unused = new DisposableStack();
  unused.defer(() => closeAll(segments.filter((one) => !kept.has(one))));
  const kept = new Set<Segment>();
  const anchor = parts.use(new Anchor(`${name}.head`, key, 'write'));
  const isNew = growing.size === 0 && segments.length === 1;
  const reached = anchor.read();
  // The anchor is made before the first line.
  if (reached === undefined && isNew) anchor.write({ seq: 0, hash: GENESIS }, true);
  const index = new LinesIndex();
  const found = new Found();
  let checkpoint: LastCheckpoint = { seq: 0, timestampMs: Date.now() };
  const { end, verification, prune } = await verifySegments(
    segments,
    {
      key,
      publicKey: createPublicKey(signer.publicKey),
      anchor: reached ?? (isNew ? undefined : 'damaged'),
    },
    ({ seq, kind, body }, place) => {
      // The writer's own descriptor stays open longer than the one that was read from.
      const file = place.file === segments.at(-1) ? growing : place.file;
      index.add(seq, kind, body, { ...place, file });
      found.add(seq, body, place);
      if (kind === 'checkpoint') checkpoint = { seq, timestampMs: timeOf(body) ?? Date.now() };
    },
  );
  const { broken, head } = verification;
  if (broken !== undefined) throw changed(name, `at entry ${broken.seq}, ${broken.problem}`);
  growing.cutTo(end);
  const closed = segments.slice(0, -1);
  for (const { path: left } of closed.filter((one) => isLeft(one, prune))) unlinkSync(left);
  const stay = closed.filter((one) => !isLeft(one, prune));
  for (const segment of stay) kept.add(segment);
  files.found(
    stay.map((segment) => ({ ...segment, ...found.range(segment) })),
    end === 0 ? head.seq + 1 : found.range(segments.at(-1)!).first,
    found.begunMs(segments.at(-1)!) ?? Date.now(),
  );
  const writer = new LinesWriter({
    files,
    index,
    anchor,
    key,
    signer,
    rotation,
    retention,
    head: { seq: head.seq, hash: Buffer.from(head.hash, 'hex') },
    checkpoint,
    prune,
  });
  await writer.markInterrupted();
  if (retention !== undefined) await writer.prune(retention, true);
  const moved = parts.move();
  return { files, index, writer, secrets, [Symbol.dispose]: () => moved.dispose() };
}

/** Which entries each file has, and since when. */
class Found {
  readonly #ranges = new Map<Place['file'], { first: number; last: number; begunMs?: number }>();

  add(seq: number, body: string, { file }: Place): void {
    const range = this.#ranges.get(file) ?? { first: seq, last: seq };
    range.last = seq;
    const time = range.begunMs === undefined ? timeOf(body) : undefined;
    if (time !== undefined) range.begunMs = time;
    this.#ranges.set(file, range);
  }

  range(segment: Segment): { readonly first: number; readonly last: number } {
    const { first, last } = this.#ranges.get(segment) ?? { first: segment.first ?? 1, last: 0 };
    return { first, last };
  }

  begunMs(segment: Segment): number | undefined {
    return this.#ranges.get(segment)?.begunMs;
  }
}

/** Of an outcome, none. */
function timeOf(body: string): number | undefined {
  const { timestamp } = JSON.parse(body) as { timestamp?: string };
  return timestamp === undefined ? undefined : Date.parse(timestamp);
}
