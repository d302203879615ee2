/** Bytes from the beginning of a file that go along with the answer that it is open; fewer only where it ends. */
export const BEGINNING_BYTES = 16 * 1024;
