/** Stands in for the meter's `slack.ts`: blocks and windows a part of their size, so that random programs come to their bounds. */
export const SLACK = 64;
export const BLOCK = 4096;
export const AHEAD = 2 * SLACK;
export const LAST = AHEAD - 1;
