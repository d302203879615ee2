/** The four tools as a model sees them. */
import type { BuiltInTool } from '../built-in.ts';
import type { JsonObject } from '../schema/json.ts';

/** Names of the tools that hand SKILL.md skills to a model. */
export const skillToolNames = [
  'list_skills',
  'load_skill',
  'read_skill_resource',
  'run_skill_script',
] as const;

/** One of {@link skillToolNames}. */
export type SkillToolName = (typeof skillToolNames)[number];

const skill: JsonObject = {
  type: 'string',
  maxLength: 64,
  description: 'Name of the skill, as list_skills gives it.',
};

function parametersOf(properties: JsonObject, required = Object.keys(properties)): JsonObject {
  return { type: 'object', properties, required, additionalProperties: false };
}

export const skillTools: readonly (BuiltInTool & { readonly name: SkillToolName })[] = [
  {
    name: 'list_skills',
    description: 'Lists the skills that there are, with what each is for.',
    parameters: parametersOf({}),
  },
  {
    name: 'load_skill',
    description:
      'Gives the instructions of one skill, the resources that it has, and the scripts that can be run. Load a skill before you follow it.',
    parameters: parametersOf({ skill }),
  },
  {
    name: 'read_skill_resource',
    description: 'Reads a text file of a skill, by a path that load_skill lists.',
    parameters: parametersOf({
      skill,
      path: {
        type: 'string',
        maxLength: 1024,
        description: 'Relative to the skill, such as references/forms.md.',
      },
    }),
  },
  {
    name: 'run_skill_script',
    description:
      'Runs a script of a skill in the sandbox, with the capabilities that the operator granted.',
    parameters: parametersOf(
      {
        skill,
        script: {
          type: 'string',
          maxLength: 200,
          description: 'Name of the script, as load_skill gives it.',
        },
        parameters: {
          type: 'object',
          default: {},
          description: 'What the script takes, by its own schema.',
          // The script's own record has them, redacted by the script's own schema.
          sensitive: true,
        },
      },
      ['skill', 'script'],
    ),
  },
];
