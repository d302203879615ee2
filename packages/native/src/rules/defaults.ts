import { cloudRules } from './cloud.ts';
import { destructiveRules } from './destructive.ts';
import { executionRules } from './execution.ts';
import type { NativeRule } from './types.ts';
import { wrapperRules } from './wrappers.ts';

/** The rules that hold unless an operator gives others: to add some, `[...defaultRules, mine]`. */
export const defaultRules: readonly NativeRule[] = [
  ...destructiveRules,
  ...cloudRules,
  ...executionRules,
  ...wrapperRules,
];
