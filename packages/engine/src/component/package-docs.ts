/**
 * The doc comments of WIT in a component: the custom section `package-docs`, a version byte and JSON, as wit-parser
 * writes it. It is optional and the author's; what does not fit is as if it were absent. Pure.
 */

/** Longest description that is taken over, in UTF-16 units. */
const DESCRIPTION_LENGTH = 4096;

export interface PackageDocs {
  /** By interface label and function label; the world's own functions under the label `undefined`. */
  readonly describe: (
    interfaceLabel: string | undefined,
    functionLabel: string,
  ) => string | undefined;
}

type Members = Readonly<Record<string, unknown>>;

function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Members)
    : {};
}

function own(value: unknown, name: string): unknown {
  const members = membersOf(value);
  return Object.hasOwn(members, name) ? members[name] : undefined;
}

/** Docs stand as text, or as the member `docs` of an object. */
function textOf(value: unknown): string | undefined {
  const text = typeof value === 'string' ? value : own(value, 'docs');
  return typeof text === 'string' && text.trim() !== ''
    ? text.trim().slice(0, DESCRIPTION_LENGTH)
    : undefined;
}

export function readPackageDocs(section: Uint8Array | undefined): PackageDocs {
  const root = parse(section);
  const inWorlds = (read: (world: unknown) => unknown): string | undefined => {
    for (const world of Object.values(membersOf(own(root, 'worlds')))) {
      const found = textOf(read(world));
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return {
    describe(label, name) {
      if (label === undefined) {
        return inWorlds((world) => own(own(world, 'func_exports') ?? own(world, 'funcs'), name));
      }
      return (
        textOf(own(own(own(own(root, 'interfaces'), label), 'funcs'), name)) ??
        inWorlds((world) =>
          own(
            own(own(own(world, 'interface_exports') ?? own(world, 'interfaces'), label), 'funcs'),
            name,
          ),
        )
      );
    },
  };
}

function parse(section: Uint8Array | undefined): unknown {
  if (!section || section.length < 2 || section[0]! > 1) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(section.subarray(1))) as unknown;
  } catch {
    return undefined;
  }
}
