import { buildCallGraph } from './call-graph.ts';
import { decodeModule } from './decode.ts';
import { MeteringError } from './errors.ts';
import type { ModuleInfo } from './info.ts';
import { DEFAULT_LIMITS, type MeteringLimits } from './limits.ts';
import type { Module } from './module.ts';
import { COSTS } from './opcodes.ts';
import { PAGE_BYTES } from './namespace.ts';
import type { RewriteOptions } from './plan.ts';
import { Rewriter } from './rewrite.ts';
import { Scanner } from './scan.ts';

/** How modules are metered. Budgets are not here: they belong to an invocation, see {@link FuelMeter}. */
export interface MeteringOptions {
  /** Structural bounds that differ from {@link DEFAULT_LIMITS}. */
  readonly limits?: Partial<MeteringLimits>;
  /**
   * Know at every trap what was spent, at a price in speed (docs/internals/metering.md). Default `false`: exact after
   * `unreachable` and a full stack; after other traps up to 1 052 672 units more are taken for spent than were, the same
   * on every run with the same budget.
   */
  readonly exactTraps?: boolean;
}

/** A module that pays for what it does. */
export interface MeteredModule extends ModuleInfo {
  /** The rewritten module. Valid wherever the original was, and instantiated through a {@link FuelMeter}. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The core modules of one component, metered together. */
export interface MeteredComponent {
  /** Under the names that were given. */
  readonly modules: ReadonlyMap<string, MeteredModule>;
}

/**
 * Rewrites one core module.
 *
 * @throws {@link MeteringError} where the module is malformed, exceeds a structural bound, or uses what escapes the meters.
 */
export function meter(bytes: Uint8Array, options: MeteringOptions = {}): MeteredModule {
  const analysis = analyse(bytes, options);
  const { exactTraps = false } = options;
  return rewrite(analysis, { exceptions: analysis.scanner.exceptions, exactTraps });
}

/**
 * Rewrites all core modules of one component, which share one budget.
 *
 * @param modules - by name; the names come back in the result and in errors.
 * @throws {@link MeteringError} with `module` set to the name.
 */
export function meterComponent(
  modules: ReadonlyMap<string, Uint8Array>,
  options: MeteringOptions = {},
): MeteredComponent {
  const analyses = new Map<string, Analysis>();
  for (const [name, bytes] of modules) {
    try {
      analyses.set(name, analyse(bytes, options));
    } catch (error) {
      if (!(error instanceof MeteringError)) throw error;
      throw new MeteringError(
        error.code,
        error.message.replace(/ \(at byte \d+\)$/, ''),
        error.offset,
        {
          module: name,
          ...(error.limit === undefined ? {} : { limit: error.limit }),
        },
      );
    }
  }
  // An exception of one module may pass through another, so all of them must know.
  const exceptions = [...analyses.values()].some(({ scanner }) => scanner.exceptions);
  const metered = new Map<string, MeteredModule>();
  for (const [name, analysis] of analyses)
    metered.set(name, rewrite(analysis, { exceptions, exactTraps: options.exactTraps === true }));
  return { modules: metered };
}

interface Analysis {
  readonly module: Module;
  readonly scanner: Scanner;
}

function analyse(bytes: Uint8Array, options: MeteringOptions): Analysis {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const module = decodeModule(bytes, limits);
  const scanner = new Scanner(module, limits);
  scanner.scan();
  return { module, scanner };
}

function rewrite({ module, scanner }: Analysis, options: RewriteOptions): MeteredModule {
  const own = <T extends { readonly imported: boolean; readonly min: number }>(
    list: readonly T[],
  ): number => list.reduce((sum, each) => (each.imported ? sum : sum + each.min), 0);
  const info: ModuleInfo = {
    memoryBytes: own(module.memories) * PAGE_BYTES,
    tableElements: own(module.tables),
    startupFuel: module.activeElements + Math.floor(module.activeBytes / 8) + COSTS.instantiation,
  };
  const closed = !module.sharesReferences && !scanner.callsReferences;
  const graph = buildCallGraph(module, scanner.functions, scanner.events, closed);
  return { ...info, bytes: new Rewriter(module, scanner, graph, options).rewrite(info) };
}
