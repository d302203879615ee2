import { expect, it } from 'vitest';
import { withDocs } from './package-docs.ts';
import { docsOf } from './wit-docs.ts';

const wit = `/// The package.
package app:db@1.0.0;

/// Not of a function: { } ;
interface query {
  /// A row.
  record row { /// Its number.
    id: u64 }
  use other.{thing};
  /// Finds rows.
  ///
  /// Slowly { with } braces; and more.
  find: func(name: string) -> list<row>;
  // A plain comment, and /* another */
  plain: func();
  /**
   * Runs
   *   it.
   */
  @since(version = 1.0.0)
  %record: async func(sql: string) -> result<u32, string>;
  /// Tight.
  tight:func();
  resource r { /// Of a resource.
    poke: func(); }
  last: func();
}
world guest {
  /// Not exported.
  import log: func(text: string);
  /// Greets.
  export greet: func(name: string) -> string;
  export inner: interface {
    /// Inside.
    act: func();
  }
  export query;
}
package nested:one { interface deep { /// Deep.
  dive: func(); } }
`;

it('takes the comments of functions, and of nothing else', () => {
  expect(JSON.parse(JSON.stringify(docsOf(wit)))).toEqual({
    interfaces: {
      query: {
        funcs: {
          find: 'Finds rows.\n\nSlowly { with } braces; and more.',
          record: 'Runs\n  it.',
          tight: 'Tight.',
        },
      },
      deep: { funcs: { dive: 'Deep.' } },
    },
    worlds: {
      guest: {
        func_exports: { greet: 'Greets.' },
        interface_exports: { inner: { funcs: { act: 'Inside.' } } },
      },
    },
  });
});

it.each([['{{{{'], ['}}}}'], ['/// a'], ['interface'], ['world w { export : func }'], ['']])(
  'makes something of anything: %j',
  (text) => {
    expect(Object.keys(docsOf(text))).toEqual(['worlds', 'interfaces']);
  },
);

it.each([
  ['a core module', [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]],
  ['a text', [...new TextEncoder().encode('(component)')]],
  ['nothing', []],
  ['a section that is cut off', [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0, 4, 100, 1]],
  [
    'a length that does not end',
    [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0, 4, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  ],
])('%s is not described', (_, bytes) => {
  expect(() => withDocs(Uint8Array.from(bytes), docsOf(wit))).toThrow(/no component|cut off/u);
});
