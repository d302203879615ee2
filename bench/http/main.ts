/**
 * What an HTTP request costs a guest, in one run and interleaved: on the engine, by `fetch` (undici) and by plain
 * node:http with a kept connection, both in this process. 1 KiB from a server on loopback in another process.
 *
 *     npm run bench -- http [BLOCKS]
 *
 * The guest times each request by its own clock, so that what an invocation costs is not in it.
 */
import { fork } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createEngine, MemoryAuditStore } from '@skill-engine/engine';
import { buildGuest } from './guest.ts';

const ROUNDS = 200;

async function timed(action: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = process.hrtime.bigint();
    await action();
    times.push(Number(process.hrtime.bigint() - start));
  }
  return times;
}

function plainGet(port: number, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, agent }, (response) => {
      response.resume();
      response.on('end', resolve);
    })
      .on('error', reject)
      .end();
  });
}

export async function run(args: readonly string[]): Promise<void> {
  const blocks = Number(args[0] ?? 20);
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'skill-bench-')));
  const server = fork(fileURLToPath(new URL('server.ts', import.meta.url)));
  const agent = new Agent({ keepAlive: true });
  try {
    const port = await new Promise<number>((resolve) => server.once('message', resolve));
    writeFileSync(join(folder, 'guest.wasm'), await buildGuest());
    writeFileSync(
      join(folder, 'skill.toml'),
      `[skill]\nname = "get"\ncomponent = "./guest.wasm"\n[skill.capabilities]\nnetwork = ["http://127.0.0.1:${port}"]\n`,
    );
    await using engine = await createEngine({
      home: join(folder, 'home'),
      audit: new MemoryAuditStore(),
    });
    await engine.load(folder, { grant: 'declared' });
    const times = { engine: [] as number[], undici: [] as number[], http: [] as number[] };
    for (let block = -2; block < blocks; block += 1) {
      const result = await engine.execute('get', 'get', { rounds: ROUNDS, port });
      if (!result.ok) throw result.error;
      const undici = await timed(async () =>
        (await fetch(`http://127.0.0.1:${port}/`)).arrayBuffer(),
      );
      const http = await timed(() => plainGet(port, agent));
      if (block < 0) continue;
      // The first request of an invocation makes the connection, which the peers have from before.
      times.engine.push(...(result.value as number[]).slice(1));
      times.undici.push(...undici);
      times.http.push(...http);
    }
    report(times, blocks);
  } finally {
    agent.destroy();
    server.disconnect();
    rmSync(folder, { recursive: true, force: true });
  }
}

function report(times: Record<'engine' | 'undici' | 'http', number[]>, blocks: number): void {
  const at = (values: readonly number[], share: number) =>
    values.toSorted((a, b) => a - b)[Math.floor(values.length * share)]!;
  console.log(
    `Node ${process.versions.node}, ${process.platform} ${process.arch}, ${cpus().length} cores, ${blocks} blocks`,
  );
  console.table(
    Object.entries(times).map(([who, values]) => ({
      who,
      'median µs': (at(values, 0.5) / 1000).toFixed(1),
      'p95 µs': (at(values, 0.95) / 1000).toFixed(1),
      'to undici': (at(values, 0.5) / at(times.undici, 0.5)).toFixed(2),
    })),
  );
}
