/** Whether closed files are what was written, before they go: a summary must not cover what somebody has done to them. */
import type { KeyObject } from 'node:crypto';
import { fstatSync, lstatSync } from 'node:fs';
import { changed } from './lines-file.ts';
import type { ClosedFile } from './lines-files.ts';
import { type Prune, verifySegments } from './lines-verify.ts';

export interface WholeWith {
  readonly key: Uint8Array;
  readonly publicKey: KeyObject;
  /** What was removed before them. */
  readonly prune: Prune | undefined;
}

/**
 * Reads all of them.
 *
 * @param closed from the oldest on, without a gap
 * @throws SkillError AUDIT_UNAVAILABLE
 */
export async function assertWhole(
  closed: readonly ClosedFile[],
  { key, publicKey, prune }: WholeWith,
): Promise<void> {
  for (const { path, descriptor, size } of closed) {
    const [own, there] = [fstatSync(descriptor), lstatSync(path, { throwIfNoEntry: false })];
    if (there?.ino !== own.ino || there.dev !== own.dev || own.size !== size) {
      throw changed(path, 'it was moved away, replaced, cut or written to');
    }
  }
  const segments = closed.map((file) => ({ ...file, identity: '', [Symbol.dispose]: () => {} }));
  const { verification } = await verifySegments(segments, { key, publicKey }, undefined, prune);
  const { broken } = verification;
  const last = closed.at(-1);
  if (broken === undefined || last === undefined) return;
  const file = closed.find((one) => broken.seq <= one.last) ?? last;
  throw changed(file.path, `at entry ${broken.seq}, ${broken.problem}`);
}
