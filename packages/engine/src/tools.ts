/** The tools of a component, each with its schema compiled: what the component says, as its manifest amends it. */
import { SkillError } from './errors.ts';
import type { Limits } from './execution.ts';
import { limitsOf, narrow } from './limits/limits.ts';
import type { SkillSource } from './load.ts';
import type { SkillManifest, ToolDeclaration } from './manifest/types.ts';
import { isJsonObject, type JsonValue } from './schema/json.ts';
import { compileTool, parseJson, rowsToSchema, type ToolValidator } from './schema/index.ts';
import type { Tool } from './skill.ts';
import { assertRowsFit, inManifest, unknownTools } from './tool-places.ts';

/** Tools of one skill at most. */
const TOOLS = 1000;

/** Bytes of all schemas of one skill together: compiling them holds the thread that loads it. */
const SCHEMA_BYTES = 1024 * 1024;

/** A tool as its component describes it. */
export interface ComponentTool {
  readonly name: string;
  readonly description: string | undefined;
  readonly schema: JsonValue;
  /** What a schema cannot say: whether the value is of the WIT types. */
  readonly check?: (value: JsonValue) => SkillError | undefined;
}

/** SPEC §2.3: a command has the one tool `run`. */
export const commandTool: ComponentTool = {
  name: 'run',
  description: 'Runs the command.',
  schema: {
    type: 'object',
    properties: {
      args: {
        type: 'array',
        items: { type: 'string' },
        default: [],
        description: 'Arguments, without the program name.',
      },
      stdin: { type: 'string', default: '', description: 'Standard input, as text.' },
      env: {
        type: 'object',
        additionalProperties: { type: 'string' },
        default: {},
        description:
          'Further environment variables; only names that the manifest and the operator let pass.',
      },
    },
    additionalProperties: false,
  },
};

function text(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Reads what `list-tools` of the native world returned; the guest is not trusted with its form. */
export function readToolList(list: JsonValue, skill: string): ComponentTool[] {
  const refuse = (what: string): never => {
    throw new SkillError('SCHEMA_INVALID', `The skill ${skill} lists its tools wrongly: ${what}.`);
  };
  if (!Array.isArray(list)) return refuse('the list is not a list');
  if (list.length > TOOLS) return refuse(`more than ${TOOLS} tools`);
  const seen = new Set<string>();
  return (list as readonly JsonValue[]).map((entry) => {
    const name = isJsonObject(entry) ? text(entry['name']) : undefined;
    if (!isJsonObject(entry) || name === undefined || !/^[A-Za-z][A-Za-z0-9_-]{0,63}$/.test(name)) {
      return refuse(
        'a tool has no name of 1 to 64 letters, digits, "-" and "_" that begins with a letter',
      );
    }
    if (seen.has(name)) return refuse(`two tools are called ${name}`);
    seen.add(name);
    const parsed = parseJson(new TextEncoder().encode(text(entry['parameters']) ?? ''));
    if (!parsed.ok) return refuse(`the parameter schema of ${name} is not JSON: ${parsed.problem}`);
    return { name, description: text(entry['description']), schema: parsed.value };
  });
}

/**
 * Joins both descriptions and compiles every schema.
 *
 * @param narrowed the limits of whoever loads it
 * @param schemas text of the schema files that the manifest names
 * @throws SkillError MANIFEST_INVALID for a declared tool that does not exist; SCHEMA_INVALID, SCHEMA_REFUSED
 */
export async function buildTools(
  manifest: SkillManifest,
  found: readonly ComponentTool[],
  narrowed: Partial<Limits> | undefined,
  schemas: SkillSource['schemas'],
): Promise<Map<string, Tool>> {
  const declared = new Map(manifest.tools.map((tool) => [tool.name, tool]));
  const known = found.map((tool) => tool.name);
  const unknown = manifest.tools.filter(({ name }) => !known.includes(name));
  if (unknown.length > 0) throw unknownTools(unknown, known);
  const tools = new Map<string, Tool>();
  let bytes = 0;
  for (const tool of found) {
    const amend = declared.get(tool.name);
    const isFixed = tool === commandTool || tool.check !== undefined;
    if (amend !== undefined && isFixed) assertRowsFit(amend, tool.schema);
    const schema = whoseFault(amend, () => declaredSchema(amend, schemas)) ?? tool.schema;
    bytes += JSON.stringify(schema).length;
    if (bytes > SCHEMA_BYTES) {
      throw new SkillError(
        'SCHEMA_REFUSED',
        `The parameter schemas of ${manifest.name} take more than ${SCHEMA_BYTES} bytes together.`,
      );
    }
    // Other work of the embedder goes on between two schemas.
    await new Promise(setImmediate);
    tools.set(tool.name, {
      name: tool.name,
      description: amend?.description ?? tool.description,
      schema,
      validator: alsoChecked(
        whoseFault(amend, () => compileTool({ schema }, { tool: tool.name })),
        tool.check,
      ),
      limits: narrow(
        limitsOf({
          ...manifest.resources,
          timeoutMs: amend?.timeoutMs ?? manifest.resources.timeoutMs,
        }),
        narrowed,
      ),
    });
  }
  return tools;
}

/** A value has to pass both: the schema, which a manifest may have written anew, and the component's own types. */
function alsoChecked(validator: ToolValidator, check: ComponentTool['check']): ToolValidator {
  if (!check) return validator;
  return {
    ...validator,
    sensitive: validator.sensitive,
    validate(parameters) {
      const checked = validator.validate(parameters);
      const mistyped = checked.ok ? check(checked.value) : undefined;
      return mistyped ? { ok: false, error: mistyped } : checked;
    },
  };
}

function whoseFault<T>(declared: ToolDeclaration | undefined, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw inManifest(error, declared);
  }
}

function declaredSchema(
  tool: ToolDeclaration | undefined,
  schemas: SkillSource['schemas'],
): JsonValue | undefined {
  const parameters = tool?.parameters;
  switch (parameters?.kind) {
    case 'rows':
      return rowsToSchema(parameters.rows);
    case 'schemaFile':
      return fileSchema(parameters.path, schemas.get(parameters.path) ?? '');
    case 'schema':
      return parameters.schema;
    case undefined:
      return undefined;
  }
}

function fileSchema(path: string, text: string): JsonValue {
  const parsed = parseJson(text);
  if (parsed.ok) return parsed.value;
  throw new SkillError(
    'SCHEMA_INVALID',
    `The schema file ${path} is not acceptable JSON: ${parsed.problem}.`,
  );
}
