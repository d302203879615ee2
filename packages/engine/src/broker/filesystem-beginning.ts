/** What a file begins with, read together with opening it. */
import { closeSync, constants, readSync, type BigIntStats } from 'node:fs';
import { reopen } from './filesystem-linux.ts';
import type { FilesystemSession } from './filesystem-session.ts';
import { BEGINNING_BYTES } from './filesystem-beginning-bytes.ts';

const { O_NOATIME, O_RDONLY } = constants as typeof constants & { readonly O_NOATIME?: number };

const DAY_NANOSECONDS = 86_400_000_000_000n;

/**
 * At most `BEGINNING_BYTES`, fewer only where the file ends; `undefined` where reading would be noticed (a guest
 * that only opens a file has not accessed it) or fails: whoever reads the file then will be told.
 */
export function beginningOf(
  session: FilesystemSession,
  file: number,
  stat: BigIntStats,
): Uint8Array | undefined {
  try {
    if (leavesTimes(stat)) return readBeginning(session, file);
    if (session.walkKind !== 'held' || O_NOATIME === undefined) return undefined;
    const unnoticed = reopen(file, O_RDONLY | O_NOATIME);
    try {
      return readBeginning(session, unnoticed);
    } finally {
      closeSync(unnoticed);
    }
  } catch {
    return undefined;
  }
}

/** Whether a file system with `relatime`, the usual way, would keep the access time as it is. */
function leavesTimes({ atimeNs, mtimeNs, ctimeNs }: BigIntStats): boolean {
  const today = BigInt(Date.now()) * 1_000_000n - atimeNs < DAY_NANOSECONDS;
  return today && atimeNs > mtimeNs && atimeNs > ctimeNs;
}

function readBeginning(session: FilesystemSession, file: number): Uint8Array {
  const buffer = session.buffer(BEGINNING_BYTES);
  return buffer.subarray(0, readSync(file, buffer, 0, BEGINNING_BYTES, 0));
}
