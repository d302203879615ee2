/** Opens a JSON-lines store to write: all of it is read and verified, since its writer must know every execution. */
import { createPublicKey } from 'node:crypto';
import { Anchor } from './anchor.ts';
import { chainKey, GENESIS } from './chain.ts';
import type { Durability } from './database.ts';
import { loadSecrets, prepareFile, type StoreSecrets } from './files.ts';
import type { LastCheckpoint } from './lines-chain.ts';
import { changed, LinesFile } from './lines-file.ts';
import { readEntry } from './lines-format.ts';
import { LinesIndex } from './lines-index.ts';
import { lockFile } from './lines-lock.ts';
import { readLines } from './lines-read.ts';
import { LinesWriter } from './lines-writer.ts';
import { signerOf } from './signing.ts';
import {
  type StoredEntry,
  type Verification,
  type VerifyWith,
  verifyEntryStream,
} from './verify.ts';

export interface OpenedLines extends Disposable {
  readonly file: LinesFile;
  readonly index: LinesIndex;
  readonly writer: LinesWriter;
  readonly secrets: StoreSecrets;
}

export async function openLines(
  path: string,
  durability: Durability,
  busyTimeoutMs: number,
): Promise<OpenedLines> {
  const name = prepareFile(path);
  using parts = new DisposableStack();
  parts.use(await lockFile(name, busyTimeoutMs));
  const secrets = loadSecrets(name);
  const key = chainKey(secrets.key);
  const signer = signerOf(secrets.signing);
  const file = parts.use(new LinesFile(name, durability));
  const anchor = parts.use(new Anchor(`${name}.head`, key, 'write'));
  const reached = anchor.read();
  // The anchor is made before the first line.
  if (reached === undefined && file.size === 0) anchor.write({ seq: 0, hash: GENESIS }, true);
  const index = new LinesIndex();
  let checkpoint: LastCheckpoint = { seq: 0, timestampMs: Date.now() };
  const { end, verification } = await verifyLines(
    file.descriptor,
    file.size,
    {
      key,
      publicKey: createPublicKey(signer.publicKey),
      anchor: reached ?? (file.size === 0 ? undefined : 'damaged'),
    },
    ({ seq, kind, body }, place) => {
      index.add(seq, kind, body, place);
      if (kind === 'checkpoint') checkpoint = { seq, timestampMs: timeOf(body) };
    },
  );
  const { broken, head } = verification;
  if (broken !== undefined) throw changed(name, `at entry ${broken.seq}, ${broken.problem}`);
  file.cutTo(end);
  const writer = new LinesWriter({
    file,
    index,
    anchor,
    key,
    signer,
    head: { seq: head.seq, hash: Buffer.from(head.hash, 'hex') },
    checkpoint,
  });
  await writer.markInterrupted();
  const kept = parts.move();
  return { file, index, writer, secrets, [Symbol.dispose]: () => kept.dispose() };
}

/** Reads lines and holds them against what is known; also where the last line ends. */
export async function verifyLines(
  descriptor: number,
  size: number,
  given: VerifyWith,
  onEntry?: (entry: StoredEntry, place: { start: number; length: number }) => void,
): Promise<{ readonly end: number; readonly verification: Verification }> {
  let end = 0;
  const verification = await verifyEntryStream(entries(), given);
  return { end, verification };

  async function* entries(): AsyncGenerator<StoredEntry> {
    let expected = 1;
    for await (const { bytes, start } of readLines(descriptor, size)) {
      const entry = readEntry(bytes) ?? noEntry(expected);
      // What comes after this one is asked for only once this one was found right.
      yield entry;
      onEntry?.(entry, { start, length: bytes.length });
      end = start + bytes.length + 1;
      expected = entry.seq + 1;
    }
  }
}

/** Stands for a line that is none of ours: it follows from nothing. */
function noEntry(seq: number): StoredEntry {
  return { seq, kind: 'outcome', execution_id: null, body: '', hash: GENESIS };
}

function timeOf(body: string): number {
  return Date.parse((JSON.parse(body) as { timestamp: string }).timestamp);
}
