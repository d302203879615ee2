/** Between a planned call and its guest: what the policy makes of it. The one place that runs hooks. */
import type { EffectiveAuthority } from '../authority/types.ts';
import type { SkillError } from '../errors.ts';
import type { ExecutionResult } from '../execution.ts';
import type { Plan } from '../plan.ts';
import type { SensitiveNames } from '../schema/index.ts';
import type { JsonObject, JsonValue } from '../schema/json.ts';
import type { Callable, Tool } from '../skill.ts';
import type { Policy } from './chain.ts';

export type Judgement<Skill extends Callable> = {
  /** For the record: the caller's parameters, or those that a hook put in their place. */
  readonly given: JsonValue;
  readonly sensitive: SensitiveNames;
  /** What the record adds to the caller's metadata. */
  readonly note: JsonObject;
} & (
  | { readonly error: SkillError }
  | { readonly skill: Skill; readonly tool: Tool; readonly parameters: JsonValue }
);

export interface JudgeContext {
  readonly executionId: string;
  readonly user: string | null;
  readonly caller: JsonObject;
  /** Any of them cancels. */
  readonly signals: readonly AbortSignal[];
  readonly digest: (value: JsonValue) => string;
}

type After = (result: ExecutionResult) => Promise<ExecutionResult>;

const unchanged: After = (result) => Promise.resolve(result);

/** A call that is refused anyway, or an engine without hooks, passes as it is. */
export async function judge<Skill extends Callable>(
  policy: Policy,
  plan: Plan<Skill>,
  context: JudgeContext,
): Promise<{ readonly judged: Judgement<Skill>; readonly after: After }> {
  if ('error' in plan || policy.isEmpty) return { judged: { ...plan, note: {} }, after: unchanged };
  const { skill, tool } = plan;
  const run = policy.open(
    {
      executionId: context.executionId,
      skill: skill.name,
      runtime: skill.runtime,
      version: skill.version,
      tool: tool.name,
      parameters: plan.parameters,
      user: context.user,
      caller: context.caller,
      effective: withoutExplanation(skill.effective),
    },
    AbortSignal.any([...context.signals]),
  );
  const judged = await run.before((parameters) => tool.validator.validate(parameters));
  const after: After = (result) => run.after(result);
  const { given, sensitive } = plan;
  if ('error' in judged)
    return { judged: { given, sensitive, note: {}, error: judged.error }, after };
  const { parameters, rewrittenBy } = judged;
  if (rewrittenBy.length === 0) return { judged: { ...plan, note: {} }, after };
  const note = {
    'engine:policy': { rewritten_by: rewrittenBy, given_parameters_digest: context.digest(given) },
  };
  return { judged: { given: parameters, sensitive, note, skill, tool, parameters }, after };
}

function withoutExplanation({
  explain: _explain,
  ...effective
}: EffectiveAuthority): Omit<EffectiveAuthority, 'explain'> {
  return effective;
}
