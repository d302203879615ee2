import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { componentEmbed, componentNew, parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { componentize } from 'componentize-qjs';
import { witFolder, witSource } from '../../scripts/wit-source.ts';
import { cached } from './cache.ts';
import { renameImports } from '../../packages/cli/src/build/rename-imports.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));

/** Changes of this file that change what it builds must change this, to leave the cache behind. */
const recipe = 1;

interface Source {
  /** Everything that the built component depends on. */
  inputs: string[];
  build(): Promise<Uint8Array>;
}

/** A core module in text form, in a world of these items. */
function coreModule(text: string, items: string): Source {
  const packages = [...text.matchAll(/^;; (package .+)$/gm)].map((line) => line[1]).join('\n');
  const wit = witSource(`package test:guests;\nworld guest { ${items} }\n${packages}\n`);
  return {
    inputs: [text, wit],
    async build() {
      const binary = await parse(text);
      return componentNew(await componentEmbed({ binary, witSource: wit, world: 'guest' }));
    },
  };
}

/**
 * WebAssembly text whose first line says what it is:
 * `;; world: <items of a WIT world>` before a whole core module, or
 * `;; native: <further items>` before module fields for the native world, to which the memory, the
 * allocator and the list of tools of `parts/` are added.
 * Lines `;; package name { … }` add WIT packages that the items refer to.
 */
function webAssemblyText(text: string): Source {
  const [, kind, items = ''] = /^;; (world|native):? *(.*)$/m.exec(text) ?? [];
  if (kind === 'world') return coreModule(text, items);
  if (kind !== 'native')
    throw new Error('the first line of a guest is `;; world: …` or `;; native`');
  const parts = [text, readFileSync(join(folder, 'parts/native.wat'), 'utf8')];
  if (!text.includes('"cabi_realloc"')) {
    parts.push(readFileSync(join(folder, 'parts/realloc.wat'), 'utf8'));
  }
  return coreModule(`(module\n${parts.join('\n')})`, `${items} export skill:engine/tools@0.1.0;`);
}

/** A component in text form. */
function component(text: string): Source {
  return { inputs: [text], build: () => parse(text) };
}

/** JavaScript for the native world, run by QuickJS. */
function quickJs(text: string): Source {
  return {
    inputs: [text, witSource()],
    async build() {
      const options = { witPath: witFolder, world: 'skill', sync: true, optSize: true };
      return (await componentize({ ...options, jsSource: text })).component;
    },
  };
}

/**
 * The probe with `wasi:http`. The snapshot that QuickJS components are built by stands in for imports
 * that it doesn't know, but not for those that refer to resources of the WASI that it does know. So the
 * build calls all of WASI by another name, and the finished component by its own; of another 0.2
 * version, as its runtime imports the usual one besides.
 */
function quickJsWithHttp(text: string): Source {
  const disguise = (source: string) =>
    source.replaceAll('wasi:', 'xasi:').replaceAll('0.2.12', '0.2.9');
  const wit = disguise(witSource());
  const http = [
    "import * as httpTypes from 'wasi:http/types@0.2.12';",
    "import * as outgoingHandler from 'wasi:http/outgoing-handler@0.2.12';",
    text.replace(
      'const wasi = {',
      'const wasi = {\n  http: { types: httpTypes, outgoingHandler },',
    ),
  ];
  const jsSource = disguise(http.join('\n'));
  return {
    inputs: [jsSource, wit],
    async build() {
      const folder = mkdtempSync(join(tmpdir(), 'guest-'));
      try {
        const witPath = join(folder, 'world.wit');
        writeFileSync(witPath, wit);
        const options = { witPath, world: 'http-skill', sync: true, optSize: true };
        const { component } = await componentize({ ...options, jsSource });
        return renameImports(component, 'xasi:', 'wasi:');
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  };
}

function sourceOf(name: string): Source {
  const read = (suffix: string) => readFileSync(join(folder, name + suffix), 'utf8');
  const has = (suffix: string) => existsSync(join(folder, name + suffix));
  if (has('.component.wat')) return component(read('.component.wat'));
  if (has('.wat')) return webAssemblyText(read('.wat'));
  if (name === 'probe') return quickJs(read('.js'));
  if (name === 'probe-http') return quickJsWithHttp(readFileSync(join(folder, 'probe.js'), 'utf8'));
  throw new Error(`no guest is called ${JSON.stringify(name)}`);
}

/**
 * Builds the guest `name` from its source in this folder, unless the same source was built before.
 *
 * @returns the path of the component file, whose name is the guest's
 */
export async function buildGuest(name: string): Promise<string> {
  const source = sourceOf(name);
  return cached(name, JSON.stringify([recipe, ...source.inputs]), () => source.build());
}
