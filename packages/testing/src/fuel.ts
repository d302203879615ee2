/**
 * How much fuel runs used when they were last looked at: a file beside the tests, checked in. Fuel does not depend
 * on the machine or its load, so a difference is a change of the skill.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Verdict } from './checks.ts';

/** What a {@link FuelSnapshot} takes. */
export interface FuelSnapshotOptions {
  /** Whether differing and new entries are written instead of compared. Default: `SKILL_TEST_UPDATE=1`. */
  readonly update?: boolean;
  /** Whether a run that has no entry yet gets one; it fails otherwise. Default: unless `CI` is set. */
  readonly create?: boolean;
  /** Difference that is let pass, as a share of the snapshot. Default 0.01. */
  readonly tolerance?: number;
}

const TOLERANCE = 0.01;

function isOn(variable: string | undefined): boolean {
  return variable !== undefined && variable !== '' && variable !== '0' && variable !== 'false';
}

/** Fuel of named runs, kept in a JSON file beside the tests, so that a change of cost is seen. */
export class FuelSnapshot {
  /** Absolute path of the file. */
  readonly path: string;
  /** Largest share by which fuel may differ, from 0 to 1. */
  readonly tolerance: number;
  readonly #update: boolean;
  readonly #create: boolean;

  /** @param file path or `file:` URL, such as `new URL('skill.fuel.json', import.meta.url)`; it need not exist */
  constructor(file: string | URL, options: FuelSnapshotOptions = {}) {
    this.path = typeof file === 'string' && !file.startsWith('file:') ? file : fileURLToPath(file);
    this.tolerance = options.tolerance ?? TOLERANCE;
    this.#update = options.update ?? isOn(process.env['SKILL_TEST_UPDATE']);
    this.#create = options.create ?? !isOn(process.env['CI']);
  }

  /** Units of fuel; `undefined` for a run that has no entry. */
  get(name: string): number | undefined {
    const entries = this.#read();
    return Object.hasOwn(entries, name) ? entries[name] : undefined;
  }

  /** Whether a run with this entry, or without one, is written down. */
  writes(known: number | undefined): boolean {
    return this.#update || (known === undefined && this.#create);
  }

  /** Notes the fuel units of one test. */
  set(name: string, fuel: number): void {
    const entries = Object.entries({ ...this.#read(), [name]: fuel });
    const sorted = Object.fromEntries(entries.toSorted(([one], [other]) => (one < other ? -1 : 1)));
    const temporary = `${this.path}.${process.pid}`;
    writeFileSync(temporary, `${JSON.stringify(sorted, undefined, 2)}\n`);
    renameSync(temporary, this.path);
  }

  #read(): Record<string, number> {
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch (error) {
      if ((error as { code?: unknown }).code === 'ENOENT') return {};
      throw error;
    }
    const entries = JSON.parse(text) as unknown;
    if (typeof entries === 'object' && entries !== null && !Array.isArray(entries)) {
      if (Object.values(entries).every((fuel) => typeof fuel === 'number'))
        return entries as Record<string, number>;
    }
    throw new TypeError(`${this.path} must be an object of names and units of fuel.`);
  }
}

export function compareFuel(used: number | null, name: string, snapshot: FuelSnapshot): Verdict {
  const known = snapshot.get(name);
  if (used === null) return { pass: false, message: `${name}: the run used no known fuel.` };
  const difference = known === undefined ? Infinity : (used - known) / Math.max(1, known);
  if (Math.abs(difference) <= snapshot.tolerance)
    return { pass: true, message: `${name}: expected other fuel than ${known}, as it has been.` };
  if (snapshot.writes(known)) {
    snapshot.set(name, used);
    return { pass: true, message: `${name}: the snapshot was written just now.` };
  }
  const message =
    known === undefined
      ? `${name}: ${snapshot.path} has no such entry.`
      : `${name}: it used ${used} units of fuel, ${percent(difference)} ${difference > 0 ? 'more' : 'less'} than the ${known} of ${snapshot.path}.`;
  return {
    pass: false,
    message: `${message} If that is intended, update it: SKILL_TEST_UPDATE=1, or \`skill test --update\`.`,
    actual: used,
    expected: known,
  };
}

function percent(share: number): string {
  return `${(Math.abs(share) * 100).toFixed(1)} %`;
}
