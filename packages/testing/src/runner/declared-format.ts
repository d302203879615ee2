/** Tests as data, for authors of any language: the form of `skill.test.toml`. `docs/guides/testing.md` explains it. */
import { errorCodes } from '@skill-engine/engine';
import { parse, TomlError } from 'smol-toml';
import * as z from 'zod';

const file = z.union([
  z.string(),
  z.strictObject({ link: z.string() }),
  z.strictObject({ base64: z.base64() }),
  z.strictObject({ file: z.string() }),
]);

const response = z.strictObject({
  status: z.int().min(100).max(599).optional(),
  headers: z.record(z.string(), z.union([z.string(), z.array(z.string())])).optional(),
  body: z.string().optional(),
  json: z.json().optional(),
});

const moment = z.union([z.date(), z.string(), z.number()]);

const limits = z.strictObject({
  memoryBytes: z.int().optional(),
  fuel: z.int().optional(),
  timeoutMs: z.int().optional(),
  outputBytes: z.int().optional(),
  diskBytes: z.int().optional(),
});

const surroundings = {
  fs: z.record(z.string(), file).optional(),
  http: z.record(z.string(), z.union([response, z.array(response).min(1)])).optional(),
  dns: z.record(z.string(), z.array(z.string())).optional(),
  env: z.record(z.string(), z.string()).optional(),
  credentials: z.record(z.string(), z.string()).optional(),
  config: z.record(z.string(), z.string()).optional(),
  clock: z
    .union([
      moment,
      z.strictObject({
        now: moment.optional(),
        monotonic: z.number().optional(),
        step: z.number().optional(),
      }),
    ])
    .optional(),
  random: z.union([z.number(), z.string()]).optional(),
  grant: z
    .union([z.literal('declared'), z.literal('none'), z.record(z.string(), z.json())])
    .optional(),
  limits: limits.optional(),
};

const expectation = z
  .strictObject({
    /** Exactly this value. */
    value: z.json().optional(),
    /** A value with at least this in it. */
    includes: z.json().optional(),
    error: z.enum(Object.keys(errorCodes) as [string, ...string[]]).optional(),
    /** All denials, in any order. */
    denied: z.array(z.string()).optional(),
    fuel: z
      .union([
        z.literal('snapshot'),
        z.strictObject({ min: z.number().optional(), max: z.number().optional() }),
      ])
      .optional(),
    /** Most bytes. */
    memory: z.int().optional(),
    /** Exactly these files are new or changed. */
    written: z.record(z.string(), z.string()).optional(),
    removed: z.array(z.string()).optional(),
    stdout: z.string().optional(),
    stderr: z.string().optional(),
    /** Exactly these requests, as `METHOD URL`, in this order. */
    requests: z.array(z.string()).optional(),
    /** At least these fields of the audit record. TOML has no null: what is not there is left out. */
    audit: z.record(z.string(), z.json()).optional(),
  })
  .refine(
    ({ value, includes, error }) =>
      [value, includes, error].filter((one) => one !== undefined).length <= 1,
    'only one of `value`, `includes` and `error` can be expected',
  );

const declaredCase = z.strictObject({
  name: z.string().min(1),
  tool: z.string(),
  parameters: z.json().optional(),
  ...surroundings,
  /** Without a word about the end, the run has to succeed. */
  expect: expectation.optional(),
});

const declaredFile = z.strictObject({
  /** The skill: a folder, a manifest or a component, from the file's own folder. Default `.`. */
  skill: z.string().optional(),
  manifest: z.string().optional(),
  only: z.string().optional(),
  ...surroundings,
  tests: z.array(declaredCase).min(1),
});

export type DeclaredCase = z.infer<typeof declaredCase>;
/** A `*.test.toml` that was read; the guide to testing has its form. */
export type DeclaredFile = z.infer<typeof declaredFile>;
export type DeclaredSurroundings = Pick<DeclaredFile, keyof typeof surroundings>;

/**
 * Reads tests as data, the text of a `*.test.toml`.
 *
 * @throws Error that says where the text is not of the form
 */
export function parseDeclared(text: string): DeclaredFile {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw error instanceof TomlError ? new Error(error.message.trim(), { cause: error }) : error;
  }
  const checked = declaredFile.safeParse(value);
  if (!checked.success) throw new Error(z.prettifyError(checked.error), { cause: checked.error });
  const names = checked.data.tests.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`Two tests are named ${JSON.stringify(twice)}.`);
  return checked.data;
}
