/** JavaScript and TypeScript: one bundle of the skill and its npm packages, in a component with an engine. */
import { readFile, stat } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { load } from './load.ts';
import { buildFailed, missing } from './toolchain.ts';
import { quickJs } from './quickjs.ts';
import { starlingMonkey } from './starlingmonkey.ts';
import { engineWit, toolsWorld } from './wit.ts';

export const engines = ['quickjs', 'starlingmonkey'] as const;

/** The JavaScript engine inside the component. */
export type JsEngine = (typeof engines)[number];

const entries = [
  'src/main.ts',
  'src/main.js',
  'src/index.ts',
  'src/index.js',
  'main.ts',
  'main.js',
];

/** Where the skill begins, or `undefined` when there is none of the usual places. */
export async function findEntry(folder: string): Promise<string | undefined> {
  for (const entry of entries) {
    const path = join(folder, entry);
    if (
      await stat(path).then(
        (stats) => stats.isFile(),
        () => false,
      )
    )
      return path;
  }
  return undefined;
}

/** @throws SkillError TOOLCHAIN_MISSING, BUILD_FAILED */
export async function buildJavaScript(folder: string, engine: JsEngine): Promise<Uint8Array> {
  const entry = await findEntry(folder);
  if (entry === undefined) {
    throw buildFailed(`${folder} has none of ${entries.join(', ')}.`);
  }
  const ownWorld = await readFile(join(folder, 'world.wit'), 'utf8').catch(() => undefined);
  const { code, imports } = await bundle(folder, entry, ownWorld === undefined);
  const wit =
    ownWorld === undefined ? await toolsWorld(imports) : `${ownWorld}\n${await engineWit()}`;
  const make = engine === 'quickjs' ? quickJs : starlingMonkey;
  return make({ folder, code, wit, imports });
}

const wrapper = 'skill-engine:entry';

/** An interface of WIT, which the host answers. */
const witInterface = /^[a-z][a-z0-9-]*:[a-z][a-z0-9-]*\//;

/** The skill as one module, and the interfaces that are left to import: those that it uses. */
async function bundle(
  folder: string,
  entry: string,
  hasDefault: boolean,
): Promise<{ code: string; imports: string[] }> {
  const { rolldown } = await load<typeof import('rolldown')>('rolldown', folder);
  const build = async () => {
    await using bundled = await rolldown({
      input: hasDefault ? wrapper : entry,
      cwd: folder,
      external: witInterface,
      platform: 'neutral',
      resolve: { mainFields: ['module', 'main'], conditionNames: ['import', 'default'] },
      logLevel: 'silent',
      plugins: [
        {
          name: 'skill-entry',
          resolveId: (source) => (source === wrapper ? source : null),
          load: (id) =>
            id === wrapper ? `export { default as tools } from ${JSON.stringify(entry)};` : null,
        },
      ],
    });
    return await bundled.generate({ format: 'es', codeSplitting: false });
  };
  const { output } = await build().catch((cause: unknown) => {
    throw buildFailed(cause instanceof Error ? cause.message : String(cause), cause);
  });
  const [{ code, imports }] = output;
  assertBundled(imports, folder);
  return { code, imports };
}

/** What is neither bundled nor an interface would only fail later, in words of another tool. */
function assertBundled(imports: readonly string[], folder: string): void {
  const foreign = imports.filter((name) => !witInterface.test(name));
  const ofNode = foreign.filter((name) => isBuiltin(name));
  if (ofNode.length > 0) {
    throw buildFailed(
      `${ofNode.join(', ')}: a module of Node, which a skill has not. What reaches outside of a skill comes from WASI, such as fetch and files of @skill-engine/guest.`,
    );
  }
  if (foreign.length === 0) return;
  // `@scope/name/part` and `name/part` are parts of packages.
  const packages = [
    ...new Set(foreign.map((name) => /^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name)),
  ];
  throw missing(
    `${packages.join(', ')}, which the skill imports,`,
    `In ${folder}: npm install, or npm install ${packages.join(' ')} if package.json does not name it.`,
  );
}
