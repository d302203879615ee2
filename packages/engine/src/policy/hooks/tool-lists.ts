import type { Hook } from '../hook.ts';
import { toolMatcher } from '../pattern.ts';

/** What {@link toolLists} takes. */
export interface ToolListOptions {
  /** Patterns such as `git-*`, `deploy/plan`, `*` + `/read-*`. With it, nothing else passes. Default: all pass. */
  readonly allow?: readonly string[];
  /** Wins over `allow`. Default: none. */
  readonly deny?: readonly string[];
}

/** Which tools may be called at all. @throws SkillError INVALID_OPTIONS for a bad pattern */
export function toolLists({ allow, deny = [] }: ToolListOptions): Hook {
  const isAllowed = allow === undefined ? () => true : toolMatcher(allow, 'allow');
  const isDenied = toolMatcher(deny, 'deny');
  return {
    name: 'tool-lists',
    before({ skill, tool }) {
      if (isDenied(skill, tool))
        return { decision: 'deny', reason: 'the tool is on the deny list' };
      if (isAllowed(skill, tool)) return { decision: 'allow' };
      return { decision: 'deny', reason: 'the tool is not on the allow list' };
    },
  };
}
