/**
 * The counter in a function's hands is this far below its true value, so that the fuel global, which is never above
 * it at a check, is not above the true value between two checks either: no more than this is charged between them.
 */
export const SLACK = 2048;

/** Units by which a check lowers the global ahead of the counter. */
export const LEASE = 2048;
