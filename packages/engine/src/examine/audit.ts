/** The audit store: whether it can be read, and whether its chain holds. */
import { existsSync, statSync } from 'node:fs';
import { Anchor } from '../audit/anchor.ts';
import { chainKey, isAuthentic } from '../audit/chain.ts';
import { openAuditReader } from '../audit/disk.ts';
import { readSecrets } from '../audit/files.ts';
import { auditKindOf } from '../audit/kind.ts';
import { readLastLine, sizeOfLines } from '../audit/lines-end.ts';
import { assertUntouched } from '../audit/open-check.ts';
import { openReadOnly } from '../audit/open-read-only.ts';
import { readAnchor } from '../audit/verify-store.ts';
import type { StatePlaces } from '../places.ts';
import { type Check, fine, messageOf, problem } from './check.ts';

/** Largest database that is verified whole without being asked to. */
const WHOLE_BYTES = 256 * 1024 * 1024;

const name = 'audit store';

/** The default store, and one of JSON lines where there is one. */
export async function examineAudit(places: StatePlaces, quick: boolean): Promise<Check[]> {
  const { auditFile, auditLinesFile } = places;
  const hasLines = existsSync(`${auditLinesFile}.key`);
  return [
    ...(hasLines && !existsSync(auditFile) ? [] : await examineStore(auditFile, quick)),
    ...(hasLines ? await examineStore(auditLinesFile, quick) : []),
  ];
}

async function examineStore(auditFile: string, quick: boolean): Promise<Check[]> {
  try {
    const isLines = auditKindOf(auditFile) === 'jsonl';
    if (!isLines && !existsSync(auditFile)) {
      return [fine(name, `${auditFile} is made at the first use`)];
    }
    const isLarge = (isLines ? sizeOfLines(auditFile) : statSync(auditFile).size) > WHOLE_BYTES;
    if (!quick && !isLarge) return [await wholeOf(auditFile)];
    return [isLines ? await endOfLines(auditFile) : endOf(auditFile)];
  } catch (error) {
    return [
      problem(
        name,
        auditFile,
        `${messageOf(error)}`,
        'Nothing runs before an invocation can be recorded. Keep its files as evidence, restore all of them from one copy, or move them away together; then a new one begins.',
      ),
    ];
  }
}

async function wholeOf(path: string): Promise<Check> {
  await using reader = openAuditReader({ path });
  const { broken, records, entries } = await reader.verify();
  if (broken === undefined) {
    return fine(name, `${path}, whole: ${records} invocations, ${entries} entries`);
  }
  return problem(
    name,
    `${path}: ${broken.problem}`,
    'The record was changed outside of the engine: what it says of the past cannot be relied on.',
    'Keep its files as evidence, find out who could write there, and restore all of them from one copy; `skill audit verify` says more.',
  );
}

/** Constant time, too. */
async function endOfLines(path: string): Promise<Check> {
  const { key } = readSecrets(path);
  if (key === undefined) throw new Error(`${path}.key is missing`);
  const authentic = chainKey(key);
  const reached = readAnchor(`${path}.head`, authentic);
  const last = await readLastLine(path);
  const ends =
    reached !== 'damaged' &&
    (last?.seq ?? 0) >= reached.seq &&
    (last === undefined || isAuthentic(authentic, last.hash, last.mac));
  if (!ends) throw new Error(`${path} does not end where it ended, or its end is not authentic`);
  return fine(name, `${path}, its end is authentic; \`skill audit verify\` reads the whole`);
}

/** Constant time: that the chain still ends where it ended. */
function endOf(path: string): Check {
  const { key } = readSecrets(path);
  if (key === undefined) throw new Error(`${path}.key is missing`);
  const authentic = chainKey(key);
  using anchor = new Anchor(`${path}.head`, authentic, 'read');
  const { db, close } = openReadOnly(path, 10_000);
  try {
    assertUntouched(db, authentic, anchor, path);
  } finally {
    close();
  }
  return fine(name, `${path}, its end is authentic; \`skill audit verify\` reads the whole`);
}
