/** Skills that are commands of the machine. A table of contents: everything public is named here. */
export { createNativeRuntime, type NativeRuntimeOptions } from './runtime.ts';
export { defaultRules } from './rules/defaults.ts';
export { screenCommand, type Screening, type ScreenOptions } from './rules/screen.ts';
export type { CommandRule, NativeRule, RuleFinding, WrapperRule } from './rules/types.ts';
