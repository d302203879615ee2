/**
 * SQLite and QuickJS as npm packages ship them (sql.js, @jitl/quickjs-wasmfile-release-sync with
 * quickjs-emscripten-core), from a folder in which they are installed. They are no dependencies of this workspace.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { FuelMeter, meter } from '@skill-engine/metering';
import { componentWorkloads } from './components.ts';
import { SCRIPTS, type Workload } from './scripts.ts';

const SQL_JS = 'sql.js';
const QUICKJS = 'quickjs-emscripten-core';

type Instantiate = (
  imports: WebAssembly.Imports,
  done: (instance: WebAssembly.Instance) => void,
) => object;

/** How both packages let their embedder instantiate; metered or not. */
function instantiator(path: string, metered: boolean): Instantiate {
  const bytes = readFileSync(path);
  return (imports, done) => {
    const counters = new FuelMeter({ fuel: 2n ** 60n, memoryBytes: 2 ** 31, stackBytes: 700_000 });
    const instance = metered
      ? (counters.instantiate(
          new WebAssembly.Module(meter(bytes).bytes),
          imports as never,
        ) as WebAssembly.Instance)
      : new WebAssembly.Instance(new WebAssembly.Module(bytes), imports);
    done(instance);
    return instance.exports;
  };
}

interface Database {
  run(sql: string): void;
  prepare(sql: string): { run(values: readonly unknown[]): void; free(): void };
  exec(sql: string): unknown;
  close(): void;
}
type SqlJs = (options: {
  instantiateWasm: Instantiate;
}) => Promise<{ Database: new () => Database }>;

async function sqlite(require: NodeJS.Require): Promise<Workload[]> {
  const wasm = require.resolve(`${SQL_JS}/dist/sql-wasm.wasm`);
  const load = async (metered: boolean): Promise<() => unknown> => {
    // The package keeps one instance for good, unless it is loaded anew.
    delete require.cache[require.resolve(SQL_JS)];
    const SQL = await (require(SQL_JS) as SqlJs)({
      instantiateWasm: instantiator(wasm, metered),
    });
    return () => {
      const db = new SQL.Database();
      db.run('create table t(a integer primary key, b text, c real); begin');
      const insert = db.prepare('insert into t values(?,?,?)');
      for (let i = 0; i < 2000; i++) insert.run([i, `name${(i * 7919) % 1000}`, i / 3]);
      insert.free();
      db.run('commit; create index tb on t(b)');
      const rows = [
        db.exec(
          'select count(*), sum(c), b from t group by b having sum(c) > 10 order by 2 desc limit 10',
        ),
        db.exec('select count(*) from t x join t y on x.b = y.b where x.a < 500'),
        db.exec("select count(*) from t where b like '%99%' and c > 3"),
      ];
      db.close();
      return JSON.stringify(rows);
    };
  };
  return [{ name: 'SQLite queries', plain: await load(false), metered: await load(true) }];
}

interface QuickJs {
  newContext(): {
    evalCode(code: string): { value: { dispose(): void } };
    dump(value: unknown): unknown;
    dispose(): void;
  };
}

async function quickjs(require: NodeJS.Require): Promise<Workload[]> {
  const core = require(QUICKJS) as {
    newVariant(variant: unknown, options: unknown): unknown;
    newQuickJSWASMModuleFromVariant(variant: unknown): Promise<QuickJs>;
  };
  const package_ = '@jitl/quickjs-wasmfile-release-sync';
  const variant = (require(package_) as { default: unknown }).default;
  const wasm = require.resolve(`${package_}/wasm`);
  const load = (metered: boolean): Promise<QuickJs> =>
    core.newQuickJSWASMModuleFromVariant(
      core.newVariant(variant, {
        emscriptenModule: { instantiateWasm: instantiator(wasm, metered) },
      }),
    );
  const [plain, metered] = [await load(false), await load(true)];
  const evaluate = (engine: QuickJs, code: string): unknown => {
    const context = engine.newContext();
    const { value } = context.evalCode(code);
    const result = context.dump(value);
    value.dispose();
    context.dispose();
    return result;
  };
  return Object.entries(SCRIPTS).map(([name, code]) => ({
    name: `QuickJS ${name}`,
    plain: () => evaluate(plain, code),
    metered: () => evaluate(metered, code),
  }));
}

export async function workloads(folder: string): Promise<Workload[]> {
  const require = createRequire(join(folder, 'package.json'));
  return [
    ...(await sqlite(require)),
    ...(await quickjs(require)),
    ...(await componentWorkloads(require)),
  ];
}
