/**
 * How large the structure of a component may be.
 *
 * Everything that the transpiler, the meter and V8 do with a component costs time and memory by its structure, not by
 * its size in bytes: a 4-byte function may declare 50 000 locals. Each default is several times the largest figure
 * found in 58 real components (among them a 12 MB JavaScript engine) and below V8's own limit where it has one.
 * `docs/internals/component-loading.md` shows the table with the reasons.
 */
export const defaultBounds = {
  /** Bytes of the whole component. */
  bytes: 64 * 1024 * 1024,
  /** Bytes of one name. */
  nameLength: 256,
  /** Bytes of all names. */
  nameBytes: 1024 * 1024,
  /** Sections, in all components and core modules together. */
  sections: 20_000,
  /** Components inside components: how deep. */
  componentDepth: 8,
  /** Component and instance types inside each other: how deep. */
  typeDepth: 16,
  components: 256,
  coreModules: 128,
  /** Component and core instances together. */
  instances: 1_000,
  /** Arguments of all instantiations, and items of instances made from exports. */
  instanceItems: 10_000,
  /** Types of the component model, at every level. */
  types: 10_000,
  /** Fields, cases, flags, parameters and items of component and instance types. */
  typeItems: 20_000,
  aliases: 10_000,
  /** Lifted and lowered functions and resource operations. */
  canonicalFunctions: 5_000,
  /** Imports of components at every level. */
  imports: 2_000,
  exports: 2_000,

  // Core modules, all of them together unless said otherwise.
  coreTypes: 20_000,
  coreImports: 5_000,
  coreExports: 20_000,
  functions: 200_000,
  /** Bytes of one function body: V8 takes 7 654 321, and metering lets bodies grow by half. */
  functionBytes: 5 * 1024 * 1024,
  /** Locals that one function declares: V8's own limit. */
  locals: 50_000,
  /** Locals of all functions. */
  totalLocals: 2_000_000,
  globals: 20_000,
  tables: 64,
  /** Elements that tables have from the start. */
  tableElements: 1_000_000,
  memories: 64,
  /** Bytes that memories have from the start. The budget of an invocation is stricter, and is checked by the engine. */
  memoryBytes: 4 * 1024 * 1024 * 1024,
  tags: 1_000,
  /** Element segments. */
  elements: 50_000,
  /** Data segments. */
  data: 100_000,
} as const;

/** A bound for each countable part of a component, in the units of {@link defaultBounds}. */
export type ComponentBounds = { readonly [K in keyof typeof defaultBounds]: number };
