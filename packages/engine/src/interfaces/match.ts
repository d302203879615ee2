/** Holds what a component imports against what the embedder offers. */
import { parseInterfaceName } from '../component/names.ts';
import type { ComponentTypes } from '../component/read-types.ts';
import { SkillError } from '../errors.ts';
import type { ImportedInterface } from '../isolate/messages.ts';
import { javascriptName } from '../wit/javascript-name.ts';
import { sameFunction } from '../wit/same.ts';
import { findOffer } from './find.ts';
import type { Offers } from './offer.ts';

/** Whether a name is one that an embedder could offer. */
export function isOwnInterface(name: string): boolean {
  const parsed = parseInterfaceName(name);
  return parsed !== undefined && parsed.namespace !== 'wasi';
}

/**
 * @param missing whether what is not offered is taken as the component declares it; no call of it is answered
 * @throws SkillError COMPONENT_IMPORT_UNKNOWN for a function that is not offered, or of another type
 */
export function importedInterfaces(
  wit: ComponentTypes | undefined,
  offers: Offers,
  missing: 'refuse' | 'deny' = 'refuse',
): ImportedInterface[] {
  const found = (wit?.imports ?? []).flatMap((entry): ImportedInterface[] => {
    const offer = findOffer(offers, entry.name);
    if (entry.kind !== 'instance') return [];
    if (!offer && (missing === 'refuse' || !isOwnInterface(entry.name))) return [];
    const functions = [...entry.functions].map(([name, fn]) => {
      if (!offer) return { name, functionName: javascriptName(name), fn };
      const offered = offer.functions.get(name);
      if (!offered || !sameFunction(wit!.types, fn, offer.types, offered.fn)) {
        const why = offered
          ? `with other types than the engine offers in ${offer.name}`
          : `which is not offered in ${offer.name}`;
        throw new SkillError(
          'COMPONENT_IMPORT_UNKNOWN',
          `The component imports ${entry.name} with the function ${name}, ${why}. Build it against the WIT of the embedding program.`,
          { details: { imports: [{ name: entry.name, function: name, reason: why }] } },
        );
      }
      return { name, functionName: javascriptName(name), fn };
    });
    // Glue asks for an interface without its version.
    return [{ name: entry.name, key: entry.name.replace(/@.*$/u, ''), functions }];
  });
  const keys = new Set(found.map(({ key }) => key));
  if (keys.size < found.length) {
    throw new SkillError(
      'COMPONENT_UNSUPPORTED',
      'The component imports two versions of one interface of the embedding program. Build it against one.',
    );
  }
  return found;
}
