/** The flat world: functions of the world that take and return JSON text. */
import { ToolFailure } from './failure.ts';

export type Functions = Readonly<Record<string, (...args: unknown[]) => unknown>>;

export function listFlatTools(exports: Functions): string {
  return String(exports['getTools']!());
}

/**
 * Its answers are `{ success, output, errorMessage }`, alone or under `ok`, or `{ err: message }`: an answer of these
 * forms is the output or the failure that it says; anything else is the result as it is.
 */
export function executeFlatTool(exports: Functions, tool: string, parameters: string): string {
  return judged(String(exports['executeTool']!(tool, parameters)));
}

/**
 * As the flat world's own host judges: an answer with a member `err` refuses, also beside others; one that is no JSON does,
 * too. An answer in the form of a tool's failure is taken for one.
 *
 * @throws ToolFailure with the reason where the guest refuses its configuration
 */
export function validateFlatConfig(exports: Functions, config: string): string {
  const text = String(exports['validateConfig']!(config));
  const answer = parse(text);
  if (answer === undefined) throw new ToolFailure('failed', 'validate-config answered no JSON');
  const failure = own(answer, 'err');
  if (failure !== undefined) throw new ToolFailure('failed', say(failure));
  judged(text);
  return 'null';
}

function judged(text: string): string {
  const answer = parse(text);
  const failure = own(answer, 'err');
  if (failure !== undefined && !hasOther(answer, ['err']))
    throw new ToolFailure('failed', say(failure));
  const inner = own(answer, 'ok');
  const result = inner !== undefined && !hasOther(answer, ['ok']) ? inner : answer;
  const success = own(result, 'success');
  if (
    typeof success !== 'boolean' ||
    hasOther(result, ['success', 'output', 'errorMessage', 'error_message'])
  )
    return text;
  const output = own(result, 'output');
  if (success) return JSON.stringify(output ?? null);
  const message = own(result, 'errorMessage') ?? own(result, 'error_message') ?? output;
  throw new ToolFailure('failed', say(message));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function own(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function hasOther(value: unknown, names: readonly string[]): boolean {
  return isObject(value) && Object.keys(value).some((name) => !names.includes(name));
}

function say(value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  return value === undefined || value === null || value === ''
    ? 'the tool gave no reason'
    : JSON.stringify(value);
}
