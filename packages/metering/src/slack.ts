/** Most units that are charged between two checks. */
export const SLACK = 2048;

/** Units from one setting of the fuel global to the next: a power of two, and a multiple of {@link SLACK}. */
export const BLOCK = 1_048_576;

/** How far behind the end of the counter's block the global is set: further than the counter comes unchecked. */
export const AHEAD = 2 * SLACK;

/** Where the global stands while the counter is in the last block before zero: the counter itself never comes there. */
export const LAST = AHEAD - 1;
