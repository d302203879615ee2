/** What the trial has to know of each language. */

export type Language = 'ts' | 'js' | 'starlingmonkey' | 'rust' | 'c' | 'go' | 'python';

export interface LanguageFacts {
  /** What an author must have, beside Node and the command. */
  readonly needs: string;
  /** For `skill new --lang`, where it is not the name. */
  readonly lang?: string;
  /** What is installed besides what `skill new` says. */
  readonly extra?: string;
  /** For `skill build`. */
  readonly flags?: readonly string[];
  /** The file that is edited. */
  readonly source: string;
  /** Begins a comment. */
  readonly comment: string;
  /** A line that does not compile. */
  readonly broken: string;
  /** What is said when PATH has no compiler. */
  readonly withoutCompiler: string;
}

const npm = 'The npm package rolldown';

export const languages: Readonly<Record<Language, LanguageFacts>> = {
  ts: {
    needs: 'npm packages',
    source: 'src/main.ts',
    comment: '//',
    broken: 'const x = { ;',
    withoutCompiler: npm,
  },
  js: {
    needs: 'npm packages',
    source: 'src/main.js',
    comment: '//',
    broken: 'const x = { ;',
    withoutCompiler: npm,
  },
  starlingmonkey: {
    needs: 'npm packages',
    lang: 'ts',
    extra:
      'npm install --save-dev @bytecodealliance/componentize-js @bytecodealliance/preview2-shim@0.17.4',
    flags: ['--engine', 'starlingmonkey'],
    source: 'src/main.ts',
    comment: '//',
    broken: 'const x = { ;',
    withoutCompiler: npm,
  },
  rust: {
    needs: 'cargo and rustc with a WASI target',
    source: 'src/lib.rs',
    comment: '//',
    broken: 'fn x( {',
    withoutCompiler: 'Rust',
  },
  c: {
    needs: 'clang, lld, wasi-libc',
    source: 'src/main.c',
    comment: '//',
    broken: 'int x( {',
    withoutCompiler: 'A C compiler for WASI',
  },
  go: {
    needs: 'Go 1.24',
    source: 'main.go',
    comment: '//',
    broken: 'func x( {',
    withoutCompiler: 'Go',
  },
  python: {
    needs: 'Python and componentize-py',
    source: 'app.py',
    comment: '#',
    broken: 'def x( {',
    withoutCompiler: 'componentize-py',
  },
};
