/** Tools that the engine answers itself. They are planned, judged and recorded like any other; no guest runs. */
import { createHash } from 'node:crypto';
import { effective, noCapabilities } from './authority/effective.ts';
import { hashAuthority } from './authority/hash.ts';
import type { ExecuteOptions } from './execution.ts';
import { limitsOf } from './limits/limits.ts';
import { defaultResources } from './manifest/resources.ts';
import type { RunOutcome } from './run.ts';
import { compileTool } from './schema/index.ts';
import type { JsonObject } from './schema/json.ts';
import type { Callable } from './skill.ts';

export interface BuiltInCall {
  readonly tool: string;
  /** Validated, as the policy left them. */
  readonly parameters: JsonObject;
  readonly executionId: string;
  /** The caller's own, for calls that this one leads to. */
  readonly options: ExecuteOptions;
}

/** A skill without a component. A manifest's names have no dot, the names of these have one: neither takes the other's. */
export interface BuiltInSkill extends Callable {
  readonly answer: (call: BuiltInCall) => Promise<RunOutcome>;
}

export interface BuiltInTool {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of an object. */
  readonly parameters: JsonObject;
}

/** @param version for records and hooks */
export function builtInSkill(
  name: `${string}.${string}`,
  version: string,
  tools: readonly BuiltInTool[],
  answer: BuiltInSkill['answer'],
): BuiltInSkill {
  const authority = effective({ declared: noCapabilities, granted: 'none' }, { baseDir: '/' });
  const limits = limitsOf(defaultResources);
  return {
    name,
    runtime: 'built-in',
    version,
    sha256: null,
    effective: authority,
    authorityHash: hashAuthority(authority, (text) =>
      createHash('sha256').update(text).digest('hex'),
    ),
    toolTable: new Map(
      tools.map(({ name: tool, description, parameters: schema }) => [
        tool,
        { name: tool, description, schema, validator: compileTool({ schema }, { tool }), limits },
      ]),
    ),
    rate: undefined,
    answer,
  };
}
