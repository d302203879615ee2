/** Export and import of the whole record, with its chain: what was exported verifies wherever it is. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { SkillError } from '../errors.ts';
import type { JsonObject } from '../schema/json.ts';
import { endLine, entryLine, headerLine, readHeader, readLine } from './export-format.ts';
import { prepareFile, readSecrets } from './files.ts';
import { auditKindOf } from './kind.ts';
import { ImportedRows } from './import-rows.ts';
import { readImported, writeImported } from './imported.ts';
import { isSigned, signerOf } from './signing.ts';
import { openAuditReader } from './disk.ts';
import { type Break, type StoredEntry, type Verification, verifyEntryStream } from './verify.ts';
import { keyOf, type VerifyOptions } from './verify-store.ts';

const PAGE = 1000;

/**
 * The record as JSON lines, each ending with a line feed. Others may write meanwhile: what they add is left out.
 *
 * @throws SkillError AUDIT_UNAVAILABLE when there is no store, it cannot be read, or its signing key is gone
 */
export async function* exportAudit(path: string): AsyncGenerator<string> {
  const file = resolve(path);
  if (!existsSync(file)) {
    throw new SkillError('AUDIT_UNAVAILABLE', `There is no audit store at ${file}.`);
  }
  const { signing } = readSecrets(file);
  const signer = signing && signerOf(signing);
  const imported = readImported(file);
  const publicKey = signer?.publicKey ?? imported?.publicKey;
  if (publicKey === undefined) {
    throw new SkillError(
      'AUDIT_UNAVAILABLE',
      `${file}.signing is missing, so the export could not be signed. Restore it.`,
    );
  }
  await using reader = openAuditReader({ path: file });
  yield headerLine({ publicKey, pruned: await reader.lastPrune() });
  let end = { seq: 0, head: '' };
  for (;;) {
    const entries = await reader.entries(end.seq, PAGE);
    for (const entry of entries) yield entryLine(entry);
    const last = entries.at(-1);
    if (last === undefined) break;
    end = { seq: last.seq, head: last.hash };
  }
  const timestamp = new Date().toISOString();
  yield endLine(signer?.sign({ statement: 'end', ...end, timestamp }) ?? imported?.end ?? {});
}

/** What an export is verified against: see {@link VerifyOptions}. */
export type ExportVerifyOptions = Pick<VerifyOptions, 'publicKey' | 'kept'>;

/** What an export says, after it was held against its chain, its signatures and its signed end. */
export interface VerifiedExport extends Verification {
  /** PEM. */
  readonly publicKey: string;
  readonly end: JsonObject;
}

/**
 * Verifies an export in constant memory. Without `publicKey`, against the key that it names itself, which proves only
 * that it is whole; whoever made it up could have made that key up too.
 *
 * @param onEntry is given each entry before it is judged
 * @throws SkillError AUDIT_BROKEN for text that is no export
 */
export async function verifyExport(
  lines: AsyncIterable<string>,
  options: ExportVerifyOptions = {},
  onEntry?: (entry: StoredEntry) => void,
): Promise<VerifiedExport> {
  const iterator = lines[Symbol.asyncIterator]();
  const first = await iterator.next();
  const header = readHeader(first.done === true ? '' : first.value);
  if (header === undefined) throw notAnExport('its first line does not say that it is one');
  const publicKey = options.publicKey ?? header.publicKey;
  const key = keyOf(publicKey);
  let end: JsonObject = {};
  const verification = await verifyEntryStream(entries(), {
    publicKey: key,
    pruned: header.pruned,
    kept: options.kept,
  });
  if (verification.broken !== undefined) return { ...verification, publicKey, end };
  return { ...verification, ...endOf(), publicKey, end };

  async function* entries(): AsyncGenerator<StoredEntry> {
    for (let number = 2; ; number += 1) {
      const { value, done } = await iterator.next();
      if (done === true) return;
      const parsed = readLine(value);
      if (parsed === undefined) throw notAnExport(`line ${number} is no entry`);
      if (Object.keys(end).length > 0) throw notAnExport('something follows its end');
      if ('end' in parsed) end = parsed.end;
      else {
        onEntry?.(parsed);
        yield parsed;
      }
    }
  }

  function endOf(): Pick<Verification, 'ok' | 'broken'> {
    const { seq, hash } = verification.head;
    const fail = (problem: string): Pick<Verification, 'ok' | 'broken'> => ({
      ok: false,
      broken: { kind: 'truncated', seq: seq + 1, executionId: null, problem },
    });
    if (end['statement'] !== 'end' || !isSigned(end, key)) {
      return fail('the end of the export is missing, or not signed by its store');
    }
    if (end['seq'] !== seq || (seq > 0 && end['head'] !== hash)) {
      return fail(
        `the export ends at entry ${seq}, but its signed end is entry ${String(end['seq'])}`,
      );
    }
    return { ok: true, broken: undefined };
  }
}

/**
 * Makes a store of an export, to be read and verified: its keys stay where it was written, so nothing can be added.
 *
 * @throws SkillError AUDIT_BROKEN when it does not verify, INVALID_OPTIONS when there is something at the path;
 *   nothing is left then
 */
export async function importAudit(
  lines: AsyncIterable<string>,
  path: string,
  options: ExportVerifyOptions = {},
): Promise<VerifiedExport> {
  if (existsSync(path)) {
    throw new SkillError('INVALID_OPTIONS', `${path} exists. Choose a path for a new store.`);
  }
  if (auditKindOf(path) === 'jsonl') {
    throw new SkillError(
      'INVALID_OPTIONS',
      `An import makes an SQLite store, and ${path} is a name for one of JSON lines. Choose another name.`,
    );
  }
  // Under its name it is there whole or not at all: half of one would look like a store in which nothing happened.
  const rows = new ImportedRows(prepareFile(`${path}.${randomBytes(6).toString('hex')}.part`));
  try {
    const verified = await verifyExport(lines, options, (entry) => rows.add(entry));
    if (verified.broken !== undefined) throw brokenAudit(verified.broken);
    rows.finish();
    writeImported(path, { publicKey: verified.publicKey, end: verified.end });
    rows.publish(path);
    return verified;
  } catch (error) {
    rows.discard();
    throw error;
  }
}

/** The error AUDIT_BROKEN for what verification found, with it in `details.broken`. */
export function brokenAudit(broken: NonNullable<Verification['broken']>): SkillError {
  const { seq, executionId, kind, problem } = broken;
  const whose = executionId === null ? '' : ` (execution ${executionId})`;
  const where = seq === 0 ? '' : ` at entry ${seq}${whose}`;
  return new SkillError('AUDIT_BROKEN', `The audit record is ${words[kind]}${where}: ${problem}.`, {
    details: { broken: { ...broken } },
  });
}

const words: Readonly<Record<Break['kind'], string>> = {
  changed: 'changed',
  index: 'indexed falsely',
  missing: 'missing',
  order: 'out of order',
  schema: 'not in the form that the engine makes',
  signature: 'signed falsely',
  truncated: 'truncated',
};

function notAnExport(reason: string): SkillError {
  return new SkillError('AUDIT_BROKEN', `This is not an export of an audit store: ${reason}.`);
}
