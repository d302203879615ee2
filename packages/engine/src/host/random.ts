/** wasi:random. All bytes come from the invocation's own seed, so that a run can be replayed. */
import type { HostSession } from './session.ts';

/** Most bytes that one call hands out; asking for more traps (GHSA-852m-cvvp-9p4w is the class). */
export const RANDOM_BYTES = 1024 * 1024;

export function createRandom(session: HostSession) {
  const bytes = (length: bigint) => {
    session.enter();
    if (length > BigInt(RANDOM_BYTES)) {
      throw new RangeError(`random: more than ${RANDOM_BYTES} bytes at once`);
    }
    return session.randomBytes(Number(length));
  };
  const u64 = () => {
    const eight = bytes(8n);
    return new DataView(eight.buffer, eight.byteOffset, 8).getBigUint64(0, true);
  };
  return {
    random: { getRandomBytes: bytes, getRandomU64: u64 },
    insecure: { getInsecureRandomBytes: bytes, getInsecureRandomU64: u64 },
    insecureSeed: { insecureSeed: () => [u64(), u64()] },
  };
}
