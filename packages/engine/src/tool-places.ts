/** Where in its manifest a fault of a tool stands, which shows only when the component and its schemas are known. Pure. */
import { SkillError } from './errors.ts';
import { problemAt } from './manifest/problem.ts';
import { suggest } from './manifest/suggest.ts';
import type {
  ParameterRow,
  ParameterShape,
  SourceSpan,
  ToolDeclaration,
} from './manifest/types.ts';
import { isJsonObject, type JsonValue } from './schema/json.ts';

/** In the form of every error of a manifest. */
export function unknownTools(
  unknown: readonly ToolDeclaration[],
  known: readonly string[],
): SkillError {
  const problems = unknown.map(({ name, source }) =>
    problemAt(source, {
      found: `the tool ${JSON.stringify(name)}, which the component does not have`,
      allowed: known.join(', '),
      suggestion: suggest(name, known),
    }),
  );
  const message = problems.map((problem) => problem.message).join('\n');
  return new SkillError('MANIFEST_INVALID', message, {
    details: { problems, total: problems.length },
  });
}

/**
 * Refuses rows that do not go with what a function or a command takes: a name that it does not have would be dropped or
 * refused at every call, and so would every call without one that it needs.
 *
 * @param schema of the component itself, an object with all that there is
 * @throws SkillError MANIFEST_INVALID
 */
export function assertRowsFit(
  { name, parameters, source }: ToolDeclaration,
  schema: JsonValue,
): void {
  if (parameters?.kind !== 'rows' || !isJsonObject(schema)) return;
  const { rows } = parameters;
  const known = isJsonObject(schema['properties']) ? Object.keys(schema['properties']) : [];
  const required = Array.isArray(schema['required']) ? (schema['required'] as string[]) : [];
  const missing = required.filter((one) => !rows.some((row) => row.name === one));
  const problems = [
    ...rows
      .filter((row) => !known.includes(row.name))
      .map((row) =>
        problemAt(row.source, {
          found: `the parameter ${JSON.stringify(row.name)}, which ${name} of the component does not have`,
          allowed: known.join(', ') || 'no parameters',
          suggestion: suggest(row.name, missing.length > 0 ? missing : known),
        }),
      ),
    ...missing.map((one) =>
      problemAt(source, {
        found: `no parameter ${JSON.stringify(one)}, which ${name} of the component needs`,
        allowed: `a row with name = ${JSON.stringify(one)}`,
      }),
    ),
  ];
  if (problems.length === 0) return;
  const message = problems.map((problem) => problem.message).join('\n');
  throw new SkillError('MANIFEST_INVALID', message, {
    details: { problems, total: problems.length },
  });
}

/** An error about the parameters that the manifest gives a tool, with their place in front; any other as it is. */
export function inManifest(error: unknown, tool: ToolDeclaration | undefined): unknown {
  if (!(error instanceof SkillError) || tool?.parameters === undefined) return error;
  const { parameters } = tool;
  const at = error.details?.['at'];
  const source =
    parameters.kind !== 'rows'
      ? parameters.source
      : ((typeof at === 'string' ? rowAt(parameters.rows, at) : undefined) ?? tool.source);
  return new SkillError(error.code, placeText(source) + error.message, {
    details: { ...error.details, source },
    cause: error,
  });
}

export function placeText({ file, line, column, keyPath }: SourceSpan): string {
  return `${file}:${line}:${column}: ${keyPath}: `;
}

/** The row that a pointer into the schema made of the rows leads to, or the closest around it. */
function rowAt(rows: readonly ParameterRow[], pointer: string): SourceSpan | undefined {
  const steps = pointer.split('/').slice(1);
  let shape: ParameterShape | undefined;
  let inside: readonly ParameterRow[] | undefined = rows;
  while (steps.length > 0) {
    const keyword = steps.shift();
    const name = keyword === 'properties' ? steps.shift() : undefined;
    const next: ParameterShape | undefined =
      name === undefined
        ? keyword === 'items'
          ? shape?.items
          : undefined
        : inside?.find((row) => row.name === name);
    if (next === undefined) break;
    shape = next;
    inside = next.properties;
  }
  return shape?.source;
}
