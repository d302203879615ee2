import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';

const slice = 2 * 1024 * 1024;

/** SHA-256 in lower-case hex. Between slices of 2 MiB (about 2 ms) the event loop turns. */
export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  const hash = createHash('sha256');
  for (let at = 0; at < bytes.byteLength; at += slice) {
    if (at > 0) await setImmediate();
    hash.update(bytes.subarray(at, at + slice));
  }
  return hash.digest('hex');
}
