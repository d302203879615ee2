/** The hooks that come with the engine; `docs/guides/policy-cookbook.md` shows each at work. */
export { askBefore, type AskBeforeOptions } from './ask-before.ts';
export { artefactReview, type ArtefactReviewOptions, type FlaggedFile } from './artefact-review.ts';
export { concurrency, type ConcurrencyOptions } from './concurrency.ts';
export { rateLimits, type RateLimitOptions, type RateRule } from './rate-limits.ts';
export { readOnly, type ReadOnlyOptions } from './read-only.ts';
export { timeWindows, type TimeWindow, type TimeWindowOptions } from './time-windows.ts';
export { toolLists, type ToolListOptions } from './tool-lists.ts';
