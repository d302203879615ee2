/** What the decoder learns of a module: enough to rewrite it, nothing more. Positions are absolute byte offsets. */

export const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
  tag: 13,
} as const;

export interface FuncType {
  /** Number of parameters. */
  readonly params: number;
  /** Number of results. */
  readonly results: number;
  /** Encoded parameter types, and encoded result types, without their counts. */
  readonly paramBytes: readonly [number, number];
  readonly resultBytes: readonly [number, number];
}

export interface Limited {
  /** 64-bit indices. */
  readonly wide: boolean;
  /** Declared minimum, in pages or elements. */
  readonly min: number;
}

export interface TableInfo extends Limited {
  /** Encoded reference type: [start, end). */
  readonly element: readonly [number, number];
  readonly imported: boolean;
}

export interface MemoryInfo extends Limited {
  readonly imported: boolean;
}

export interface Section {
  readonly id: number;
  /** Of the contents, without the section's header. */
  readonly start: number;
  readonly end: number;
}

/** A decoded module. */
export interface Module {
  readonly bytes: Uint8Array;
  readonly sections: Section[];
  readonly types: FuncType[];
  /** Type index of every function, imported first. */
  readonly functions: number[];
  importedFunctions: number;
  readonly tables: TableInfo[];
  readonly memories: MemoryInfo[];
  globals: number;
  importedGlobals: number;
  importCount: number;
  /** Type index of every tag. */
  readonly tags: number[];
  exportCount: number;
  /** Functions that are exported. */
  readonly exported: Set<number>;
  /** Functions that are started, in element segments, or taken by `ref.func`. */
  readonly referenced: Set<number>;
  /** The start function, or -1. */
  started: number;
  /** [start, end) of every body: after its size field. */
  readonly bodies: [number, number][];
  /** Elements and bytes that active segments copy at instantiation. */
  activeElements: number;
  activeBytes: number;
  /** A table or a reference of this module can be reached by another one. */
  sharesReferences: boolean;
  /** Some function takes or returns a vector, or some global holds one. */
  wideValues: boolean;
  /** Some constant expression reads a defined global, whose index moves. */
  movesConstGlobals: boolean;
}
