import type { MeteringCode, MeteringError } from '@skill-engine/metering';
import type { FailureCode } from './transpile-frame.ts';

type Modules = ReadonlyMap<string, Uint8Array>;

/**
 * The one place where the core modules of a component are rewritten, before anything runs them.
 *
 * @param url of the meter; without it modules stay as they are
 */
export async function meterModules(modules: Modules, url: string | undefined): Promise<Modules> {
  if (url === undefined) return modules;
  const { meterComponent } = (await import(url)) as typeof import('@skill-engine/metering');
  const metered = new Map<string, Uint8Array>();
  for (const [name, module] of meterComponent(modules).modules) metered.set(name, module.bytes);
  return metered;
}

/** What an error of the meter means to who loads a component. */
export function codeOfMeteringError(failure: unknown): FailureCode {
  if (!(failure instanceof Error) || failure.name !== 'MeteringError') return 'TRANSPILE_FAILED';
  const { code } = failure as MeteringError;
  if (code.startsWith('FEATURE_')) return 'COMPONENT_UNSUPPORTED';
  return otherCodes[code] ?? 'TRANSPILE_FAILED';
}

const otherCodes: Partial<Record<MeteringCode, FailureCode>> = {
  MALFORMED: 'COMPONENT_MALFORMED',
  LIMIT_EXCEEDED: 'COMPONENT_TOO_LARGE',
  RESERVED_NAME: 'COMPONENT_NAME_REFUSED',
};
