/** Reads an embedder's interfaces: their WIT becomes a table of types, by the same reader as a component's own. */
import { componentEmbed, componentNew } from '@bytecodealliance/jco-transpile/wasm-tools';
import { parseInterfaceName } from '../component/names.ts';
import { readComponentTypes } from '../component/read-types.ts';
import { SkillError } from '../errors.ts';
import { assertDistinct } from '../wit/distinct.ts';
import { javascriptName } from '../wit/javascript-name.ts';
import { unsupportedPart, type WitFunction, type WitTypes } from '../wit/types.ts';
import type { HostInterface } from './host-interface.ts';

type Implementation = (...args: unknown[]) => unknown;

/** An interface that was read and found complete. */
export interface Offer {
  readonly name: string;
  readonly types: WitTypes;
  readonly functions: ReadonlyMap<
    string,
    { readonly fn: WitFunction; readonly call: Implementation }
  >;
}

export type Offers = ReadonlyMap<string, Offer>;

/** @throws SkillError INVALID_OPTIONS: WIT that cannot be read, a resource, or a function without implementation */
export async function readOffers(
  given: Readonly<Record<string, HostInterface>> = {},
): Promise<Offers> {
  const offers = new Map<string, Offer>();
  for (const [name, offered] of Object.entries(given)) {
    const { wit, implementation } = Object(offered) as Partial<HostInterface>;
    if (typeof wit !== 'string' || typeof implementation !== 'object' || implementation === null) {
      throw refuse(name, 'must have wit, a text, and implementation, an object of functions');
    }
    offers.set(name, await readOffer(name, offered));
  }
  return offers;
}

function refuse(name: string, problem: string, cause?: unknown): SkillError {
  return new SkillError(
    'INVALID_OPTIONS',
    `options.interfaces[${JSON.stringify(name)}] ${problem}.`,
    {
      cause,
    },
  );
}

async function readOffer(name: string, { wit, implementation }: HostInterface): Promise<Offer> {
  const parsed = parseInterfaceName(name);
  if (!parsed || parsed.namespace === 'wasi') {
    throw refuse(name, 'must be named like "app:db/query@1.0.0", and not be one of wasi');
  }
  const { types, imports } = await typesOf(name, wit, parsed.interface);
  const found = imports.find((entry) => entry.name === name);
  if (found?.kind !== 'instance') {
    const known = imports.map((entry) => entry.name).join(', ');
    throw refuse(name, `is not what its WIT declares${known === '' ? '' : `, which is ${known}`}`);
  }
  assertDistinct(types);
  const functions = [...found.functions].map(([label, fn]) => {
    const why = label.startsWith('[') ? 'a resource' : unsupportedPart(types, fn);
    if (why !== undefined)
      throw refuse(name, `has ${label}, which needs ${why}: offer plain values`);
    const key = javascriptName(label);
    const call = Object.hasOwn(implementation, key) ? implementation[key] : undefined;
    if (typeof call !== 'function')
      throw refuse(name, `has no function ${key} in its implementation`);
    return [label, { fn, call: call.bind(implementation) as Implementation }] as const;
  });
  return { name, types, functions: new Map(functions) };
}

async function typesOf(name: string, wit: string, label: string) {
  try {
    const witSource = `${wit}\nworld skill-engine-host { import ${label}; }\n`;
    const module = await componentEmbed({ witSource, world: 'skill-engine-host', dummy: true });
    return readComponentTypes(await componentNew(module));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw refuse(name, `has WIT that cannot be read: ${why}`, error);
  }
}
