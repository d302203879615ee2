export { type ComponentBounds, defaultBounds } from './bounds.ts';
export { checkImports, isFlatImport, isProvidedWasi } from './imports.ts';
export { type PreparedComponent, prepareComponent, type PrepareOptions } from './prepare.ts';
export { type ComponentFile, readComponent, type ReadOptions } from './read.ts';
export type { ComponentShape } from './shape.ts';
export { type ComponentImport, type ComponentSurvey, surveyComponent } from './survey.ts';
export type { ComponentMember } from './survey-externs.ts';
export { defaultTranspileLimits, type TranspileLimits } from './transpile-child.ts';
