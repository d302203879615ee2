import { describe, expect, it } from 'vitest';
import { checkImports, isProvidedWasi } from './imports.ts';
import type { ComponentImport } from './survey.ts';

const instance = (name: string): ComponentImport => ({ name, kind: 'instance', members: [] });

describe('isProvidedWasi', () => {
  it.each([
    'wasi:cli/environment@0.2.0',
    'wasi:cli/terminal-stdout@0.2.12',
    'wasi:clocks/monotonic-clock@0.2.6',
    'wasi:filesystem/types@0.2.3',
    'wasi:io/streams@0.2.4',
    'wasi:random/insecure-seed@0.2.0',
    'wasi:sockets/ip-name-lookup@0.2.0',
    'wasi:http/outgoing-handler@0.2.0',
  ])('knows %s', (name) => expect(isProvidedWasi(name)).toBe(true));

  it.each([
    'wasi:cli/environment',
    'wasi:cli/environment@0.1.0',
    'wasi:cli/environment@0.2.13',
    'wasi:cli/environment@0.2.100',
    'wasi:cli/environment@0.3.0',
    'wasi:cli/environment@0.2.0-rc-2023-11-10',
    'wasi:cli/environment@1.2.0',
    'wasi:cli/run@0.2.0',
    'wasi:http/incoming-handler@0.2.0',
    'wasi:nn/graph@0.2.0',
    'wasi:constructor/constructor@0.2.0',
    'evil:cli/environment@0.2.0',
    'get-configs',
    'constructor',
  ])('does not know %s', (name) => expect(isProvidedWasi(name)).toBe(false));
});

describe('checkImports', () => {
  it('names each import that nobody provides (GEN-11)', () => {
    const imports = [
      instance('evil:host/shell'),
      instance('wasi:io/poll@0.2.0'),
      instance('wasi:cli/stdout@0.3.0'),
      { name: 'get-secret', kind: 'function', members: [] } as const,
    ];
    expect(() => checkImports({ imports })).toThrow(
      expect.objectContaining({
        code: 'COMPONENT_IMPORT_UNKNOWN',
        details: {
          imports: [
            { name: 'evil:host/shell', reason: 'not a WASI interface' },
            {
              name: 'wasi:cli/stdout@0.3.0',
              reason: 'version 0.3.0; 0.2.0 to 0.2.12 are provided',
            },
            { name: 'get-secret', reason: 'a plain function' },
          ],
        },
      }),
    );
    checkImports({ imports }, () => true);
  });

  it.each(['function', 'component', 'module', 'resource', 'value'] as const)(
    'refuses an interface that is imported as a %s, whoever provides it',
    (kind) => {
      const imports = [{ name: 'wasi:io/poll@0.2.0', kind, members: [] }];
      expect(() => checkImports({ imports }, () => true)).toThrow(/offered as an instance/u);
    },
  );

  it('refuses a plain name that is imported as an instance or a resource', () => {
    for (const kind of ['instance', 'resource'] as const) {
      const imports = [{ name: 'get-config', kind, members: [] }];
      expect(() => checkImports({ imports }, () => true)).toThrow(/COMPONENT|does not provide/u);
    }
  });

  it('lets types pass, which need nobody', () => {
    checkImports({ imports: [{ name: 'some-type', kind: 'type', members: [] }] });
    expect(isProvidedWasi('some-type')).toBe(false);
  });
});
