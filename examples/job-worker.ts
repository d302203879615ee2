/**
 * A worker that runs jobs of untrusted tools: `node examples/job-worker.ts [SKILL]`. Each line of its input is a job
 * `{ id, tool, parameters }`, or `{ cancel: id }`; each line of its output is how one ended. The engine runs as many at
 * a time as the manifest's `concurrency` says, each in a process of its own, and queues the rest: no threads are needed.
 */
import { createInterface } from 'node:readline';
import { createEngine } from '@skill-engine/engine';

type Line =
  | { readonly id: number; readonly tool: string; readonly parameters: unknown }
  | { readonly cancel: number };

const limits = { fuel: 2_000_000_000, timeoutMs: 15_000, memoryBytes: 32 * 1024 * 1024 };

const [path = 'examples/tools'] = process.argv.slice(2);

await using engine = await createEngine();
const [skill] = await engine.load(path);

const controllers = new Map<number, AbortController>();
const running = new Set<Promise<void>>();

async function work({ id, tool, parameters }: Extract<Line, { id: number }>): Promise<void> {
  const controller = new AbortController();
  controllers.set(id, controller);
  const { signal } = controller;
  const result = await engine.execute(skill!.name, tool, parameters, { limits, signal });
  controllers.delete(id);
  const { executionId } = result;
  const ended = result.ok ? { value: result.value } : { error: result.error.code };
  console.log(JSON.stringify({ id, executionId, ...ended }));
}

const input = createInterface({ input: process.stdin });
process.once('SIGTERM', () => {
  input.close();
  for (const controller of controllers.values()) controller.abort();
});

for await (const text of input) {
  const line = JSON.parse(text) as Line;
  if ('cancel' in line) controllers.get(line.cancel)?.abort();
  else {
    const job = work(line).finally(() => running.delete(job));
    running.add(job);
  }
}
await Promise.all(running);
