import type { Hook } from '../hook.ts';
import { toolMatcher } from '../pattern.ts';

/** Options of {@link askBefore}. */
export interface AskBeforeOptions {
  /** Patterns of the tools that run only after somebody said yes. */
  readonly tools: readonly string[];
}

/**
 * Asks before each call of these tools. The question names the tool only: it may end in a denial, and so in the
 * record. Whoever asks has the parameters at hand.
 *
 * @throws SkillError INVALID_OPTIONS for a bad pattern
 */
export function askBefore({ tools }: AskBeforeOptions): Hook {
  const concerns = toolMatcher(tools, 'tools');
  return {
    name: 'ask-before',
    before: ({ skill, tool }) =>
      concerns(skill, tool)
        ? { decision: 'ask', question: `may ${skill}/${tool} run?`.slice(0, 500) }
        : { decision: 'allow' },
  };
}
