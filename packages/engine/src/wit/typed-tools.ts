/** The functions that a typed component exports, as tools: names, schemas, descriptions, and how the glue calls them. Pure. */
import type { ComponentTypes } from '../component/read-types.ts';
import { parseInterfaceName } from '../component/names.ts';
import { SkillError } from '../errors.ts';
import type { JsonValue } from '../schema/json.ts';
import { assertDistinct } from './distinct.ts';
import { javascriptName } from './javascript-name.ts';
import { parametersSchema } from './schema.ts';
import { type ExportedFunction, toolNames } from './tool-names.ts';
import { unsupportedPart, type WitFunction } from './types.ts';

/** A tool, and the function behind it. */
export interface TypedTool {
  readonly name: string;
  readonly description: string | undefined;
  readonly schema: JsonValue;
  /** Key of the interface among the glue's exports; `null` for a function of the world. */
  readonly exportName: string | null;
  /** The function's name in the glue. */
  readonly functionName: string;
  readonly fn: WitFunction;
}

interface Found extends ExportedFunction {
  readonly fn: WitFunction;
}

/** @throws SkillError COMPONENT_UNSUPPORTED naming each function that cannot be a tool */
export function typedTools({ types, exports, docs }: ComponentTypes): TypedTool[] {
  const all = exports.flatMap((entry): Found[] =>
    entry.kind === 'function'
      ? [{ interfaceName: undefined, functionName: entry.name, fn: entry.fn }]
      : [...entry.functions].map(([functionName, fn]) => ({
          interfaceName: entry.name,
          functionName,
          fn,
        })),
  );
  const found = all.filter((entry) => !isBuildStep(entry));
  if (found.length === 0) {
    throw new SkillError(
      'COMPONENT_UNSUPPORTED',
      `The component exports no function, so it has no tool. It exports: ${exports.map(({ name }) => name).join(', ') || 'nothing'}.`,
    );
  }
  const server = found.find(({ interfaceName }) => isHttpHandler(interfaceName));
  if (server) {
    throw new SkillError(
      'COMPONENT_UNSUPPORTED',
      `The component is an HTTP server: it exports ${server.interfaceName}. This engine calls tools and passes no HTTP requests on: export functions of plain values instead, or run it on a host of wasi:http/proxy.`,
    );
  }
  const refused = found.flatMap(({ interfaceName, functionName, fn }) => {
    const what = functionName.startsWith('[') ? 'a resource' : unsupportedPart(types, fn);
    return what === undefined ? [] : [{ what, at: dotted(interfaceName, functionName) }];
  });
  if (refused.length > 0) {
    const lines = refused.map(({ at, what }) => `  ${at}: it needs ${what}`);
    const ways = new Set(refused.map(({ what }) => wayOut(what)));
    throw new SkillError(
      'COMPONENT_UNSUPPORTED',
      `The component exports functions that cannot be tools, because JSON cannot say their values:\n${lines.join('\n')}\n${[...ways].join(' ')}`,
    );
  }
  assertDistinct(types);
  const names = toolNames(found);
  return found.map(({ interfaceName, functionName, fn }, index) => ({
    name: names[index]!,
    description: docs.describe(
      interfaceName === undefined
        ? undefined
        : (parseInterfaceName(interfaceName)?.interface ?? interfaceName),
      functionName,
    ),
    schema: parametersSchema(types, fn),
    exportName: interfaceName ?? null,
    functionName: javascriptName(functionName),
    fn,
  }));
}

function dotted(...labels: readonly (string | undefined)[]): string {
  return labels.filter(Boolean).join('.');
}

function wayOut(what: string): string {
  if (what.startsWith('a resource')) {
    return 'A tool starts from nothing each time, so a resource would not outlive its call: export functions of plain values instead.';
  }
  if (what === 'a map') return 'In place of map<K, V>, use list<tuple<K, V>>.';
  if (what === 'a list of fixed length') return 'In place of list<T, N>, use list<T>, or a tuple.';
  return 'Flatten them: a record of lists instead of records in records.';
}

function isHttpHandler(interfaceName: string | undefined): boolean {
  return interfaceName?.startsWith('wasi:http/incoming-handler@') === true;
}

/** What componentize-qjs leaves in its components: the function by which it loaded the script when it built them. */
function isBuildStep({ interfaceName, functionName, fn }: Found): boolean {
  const parameters = fn.params.map(({ name }) => name).join(' ');
  return (
    interfaceName === undefined &&
    functionName === 'init' &&
    parameters === 'shim script entry-path disable-gc'
  );
}
