/** Tools over HTTP: `node examples/http-service.ts [SKILL]`, then `POST /tools/greet` with a JSON object. */
import { serve } from '@hono/node-server';
import { createEngine, errorCodes, type SkillError } from '@skill-engine/engine';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';

const [path = 'examples/tools'] = process.argv.slice(2);

const engine = await createEngine();
const [skill] = await engine.load(path);

function statusOf({ code }: SkillError): 400 | 404 | 429 | 500 {
  if (code === 'TOOL_NOT_FOUND') return 404;
  if (code === 'RATE_LIMITED' || code === 'CONCURRENCY_LIMIT') return 429;
  return errorCodes[code].owner === 'caller' ? 400 : 500;
}

const app = new Hono();

app.get('/tools', (context) => context.json(engine.tools()));

app.post('/tools/:tool', bodyLimit({ maxSize: 64 * 1024 }), async (context) => {
  const tool = context.req.param('tool');
  const text = await context.req.text();
  let parameters: unknown;
  try {
    parameters = JSON.parse(text);
  } catch {
    return context.json({ code: 'INVALID_PARAMETERS', message: 'The body is no JSON.' }, 400);
  }
  console.log(`> ${JSON.stringify(tool)}`);
  const result = await engine.execute(skill!.name, tool, parameters, {
    caller: { service: 'http-service' },
    // A client that goes away ends its invocation.
    signal: context.req.raw.signal,
    limits: { timeoutMs: 10_000 },
  });
  console.log(`< ${JSON.stringify(tool)} ${result.ok ? 'OK' : result.error.code}`);
  if (result.ok) return context.json({ value: result.value });
  const { code, message } = result.error;
  return context.json({ code, message }, statusOf(result.error));
});

const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => {
  console.log(`http://127.0.0.1:${port}`);
});

/** No new connections; what runs may end within ten seconds, and is cancelled then. */
function stop(): void {
  server.close(() => void engine.close());
  setTimeout(() => void engine.close(), 10_000).unref();
}
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
