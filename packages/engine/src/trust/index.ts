export { Acceptances, type Accepted } from './acceptances.ts';
export type { Acceptance } from './acceptances-format.ts';
export { givesAnything, readPackage, type SkillPackage } from './package.ts';
export { runsOutside, type RunsOutside } from './runs-outside.ts';
export { capabilityWords, type CapabilityGroup, type CapabilityWords } from './plain-words.ts';
export { recordRefused, type FailedExecution, type RefusedCall } from './refused.ts';
