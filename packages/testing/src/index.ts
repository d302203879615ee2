/** What the package offers. A table of contents: everything public is named here and in `vitest.ts`. */
export { testSkill, type SkillTest, type TestResult, type TestSkillOptions } from './test-skill.ts';
export type { FileContent, FileTree } from './files.ts';
export type { ClockOptions, Moment, TestClock } from './clock.ts';
export type {
  HttpScripts,
  RecordedRequest,
  Responder,
  Script,
  ScriptedResponse,
} from './http-script.ts';

// Assertions, for any test runner
export {
  assertDenied,
  assertFails,
  assertFuelBetween,
  assertFuelLike,
  assertMemoryBelow,
  assertNothingDenied,
  assertSucceeds,
} from './assertions.ts';
export { FuelSnapshot, type FuelSnapshotOptions } from './fuel.ts';
