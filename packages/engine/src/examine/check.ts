/** Findings, and how they are made. */
import { SkillError } from '../errors.ts';

/** `problem`: something does not work or cannot be relied on; `warning`: it works, weaker or other than one may think. */
export type Severity = 'ok' | 'warning' | 'problem';

/** One thing that {@link examine} looked at, and what follows from it. */
export interface Check {
  /** What was looked at; stable. */
  readonly name: string;
  readonly severity: Severity;
  /** What was found. */
  readonly found: string;
  /** What follows from it; `null` when all is well. */
  readonly meaning: string | null;
  /** The way out; `null` when all is well. */
  readonly help: string | null;
}

export function fine(name: string, found: string): Check {
  return { name, severity: 'ok', found, meaning: null, help: null };
}

export function warning(name: string, found: string, meaning: string, help: string): Check {
  return { name, severity: 'warning', found, meaning, help };
}

export function problem(name: string, found: string, meaning: string, help: string): Check {
  return { name, severity: 'problem', found, meaning, help };
}

export function messageOf(error: unknown): string {
  return SkillError.from(error).message;
}
