import type { JsonObject, NativeSkillManifest, RuntimeTool } from '@skill-engine/engine';

/** Most arguments of a call, and most characters of one. */
const bounds = { arguments: 1000, characters: 65_536 };

/** A native skill has the one tool `run`. */
export function runTool(manifest: NativeSkillManifest): RuntimeTool {
  const { commands, allowedArgs } = manifest.allowedCommands;
  const [only] = commands;
  const command: JsonObject = {
    type: 'string',
    enum: [...commands],
    description: 'Which command to run.',
    ...(commands.length === 1 && only !== undefined ? { default: only } : {}),
  };
  const shown = allowedArgs.map((entry) => JSON.stringify(entry)).join(', ');
  return {
    name: 'run',
    description: manifest.description ?? `Runs ${commands.join(' or ')}, without a shell.`,
    schema: {
      type: 'object',
      properties: {
        command,
        args: {
          type: 'array',
          items: { type: 'string', maxLength: bounds.characters },
          maxItems: bounds.arguments,
          default: [],
          description:
            allowedArgs.length === 0
              ? 'Arguments; none are allowed.'
              : `Arguments, each as one text. Allowed, with * for any characters: ${shown}.`,
        },
        stdin: { type: 'string', default: '', description: 'Standard input, as text.' },
        env: {
          type: 'object',
          additionalProperties: { type: 'string' },
          default: {},
          description:
            'Further environment variables; only names that the manifest and the operator let pass.',
        },
        cwd: {
          type: 'string',
          format: 'path',
          description: 'Working directory, relative to the first granted directory.',
        },
      },
      required: commands.length === 1 ? [] : ['command'],
      additionalProperties: false,
    },
  };
}
