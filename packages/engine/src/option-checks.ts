/**
 * What callers hand in, looked at before anything is made of it: programs in plain JavaScript have no compiler, and a
 * misspelt `ceiling` would bound nothing. What an option holds inside is checked where it is read. Pure.
 */
import type { EngineOptions, LoadOptions } from './engine-options.ts';
import { SkillError } from './errors.ts';
import type { ExecuteOptions } from './execution.ts';
import { suggest } from './manifest/suggest.ts';
import { trustLevels } from './trust/levels.ts';

/** What is allowed instead, if the value is not of that form. */
type Check = (value: unknown) => string | undefined;
type Checks<Options> = { readonly [Name in keyof Required<Options>]: Check };

function kind(is: (value: unknown) => boolean, allowed: string): Check {
  return (value) => (is(value) ? undefined : allowed);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function having(...methods: readonly string[]): Check {
  return (value) =>
    isObject(value) && methods.every((name) => typeof value[name] === 'function')
      ? undefined
      : `an object with ${methods.join(', ')}`;
}

const anything: Check = () => undefined;
const text = kind((value) => typeof value === 'string', 'a string');
const object = kind(isObject, 'an object');
const list = kind(Array.isArray, 'an array');
const method = kind((value) => typeof value === 'function', 'a function');
const oneOf = (...words: readonly string[]) =>
  kind((value) => words.some((word) => word === value), `one of ${words.join(', ')}`);

const engineChecks: Checks<EngineOptions> = {
  home: text,
  audit: having('begin', 'finish', 'query', 'digest'),
  durability: oneOf('power', 'process'),
  auditKind: text,
  auditRetention: object,
  ceiling: anything,
  environment: object,
  tls: (value) => object(value) ?? inner(value, 'ca', list),
  credentials: having('get'),
  interfaces: object,
  isolation: anything,
  runtimes: (value) =>
    list(value) ??
    ((value as unknown[]).every((one) => having('open')(one) === undefined)
      ? undefined
      : 'an array of runtimes'),
  hooks: (value) => list(value) ?? ((value as unknown[]).every(isObject) ? undefined : 'hooks'),
  onAsk: method,
  substitutes: object,
  telemetry: object,
  trust: (value) => object(value) ?? inner(value, 'minimum', oneOf(...trustLevels)),
};

const loadChecks: Checks<LoadOptions> = {
  grant: anything,
  manifest: text,
  only: text,
  limits: object,
  config: object,
  isolation: anything,
  missingInterfaces: oneOf('refuse', 'deny'),
  trust: anything,
};

const executeChecks: Checks<ExecuteOptions> = {
  user: anything,
  caller: anything,
  signal: having('addEventListener', 'removeEventListener'),
  limits: object,
};

function inner(value: unknown, name: string, check: Check): string | undefined {
  const found = (value as Readonly<Record<string, unknown>>)[name];
  const allowed = found === undefined ? undefined : check(found);
  return allowed === undefined ? undefined : `an object whose ${name} is ${allowed}`;
}

/** @throws SkillError INVALID_OPTIONS */
function checkOptions(given: unknown, checks: Checks<object>, whose: string): void {
  const refuse = (problem: string): never => {
    throw new SkillError('INVALID_OPTIONS', `The options of ${whose} ${problem}.`);
  };
  if (!isObject(given)) refuse('must be an object');
  const known = checks as Readonly<Record<string, Check>>;
  for (const [name, value] of entriesOf(given) ?? refuse('cannot be read')) {
    const check = Object.hasOwn(known, name) ? known[name] : undefined;
    if (!check) {
      const near = suggest(name, Object.keys(known));
      return refuse(
        `have no "${name}"${near === undefined ? `; they are ${Object.keys(known).join(', ')}` : `; did you mean "${near}"?`}`,
      );
    }
    const allowed = value === undefined ? undefined : check(value);
    if (allowed !== undefined) refuse(`have a wrong "${name}"; it must be ${allowed}`);
  }
}

/** `undefined` where looking at them throws. */
function entriesOf(given: unknown): readonly (readonly [string, unknown])[] | undefined {
  try {
    return Object.entries(given as object);
  } catch {
    return undefined;
  }
}

export function checkEngineOptions(given: unknown): void {
  checkOptions(given, engineChecks, 'createEngine');
}

export function checkLoadOptions(given: unknown): void {
  checkOptions(given, loadChecks, 'load');
}

/** @throws SkillError INVALID_OPTIONS for names that are no text, too */
export function checkCall(skill: unknown, tool: unknown, options: unknown): void {
  for (const [what, name] of [
    ['skill', skill],
    ['tool', tool],
  ] as const) {
    if (typeof name === 'string') continue;
    const problem = `execute takes the name of a ${what}, not ${name === null ? 'null' : typeof name}.`;
    throw new SkillError('INVALID_OPTIONS', problem);
  }
  checkOptions(options, executeChecks, 'execute');
}
