/** StarlingMonkey, by ComponentizeJS: Firefox's engine, some 14 MB, for skills that need more of the web's JavaScript. */
import { load, notInstalled } from './load.ts';
import type { Bundled } from './quickjs.ts';
import { buildFailed } from './toolchain.ts';

/** The part of ComponentizeJS that is used. It is an optional peer, so its own types may not be there. */
interface ComponentizeJs {
  componentize(
    source: string,
    wit: string,
    options: { worldName?: string; disableFeatures?: string[] },
  ): Promise<{ component: Uint8Array }>;
}

export async function starlingMonkey({ folder, code, wit, imports }: Bundled): Promise<Uint8Array> {
  const name = '@bytecodealliance/componentize-js';
  const { componentize } = await load<Partial<ComponentizeJs>>(name, folder);
  if (componentize === undefined) throw notInstalled(name);
  try {
    // Without these a skill that asks for no network imports none. `fetch` waits for an event loop, which a tool has not.
    const isOffline = !imports.some((specifier) => specifier.startsWith('wasi:http/'));
    const disableFeatures = isOffline ? ['http', 'fetch-event'] : [];
    const { component } = await componentize(code, wit, { disableFeatures });
    return component;
  } catch (cause) {
    throw buildFailed(cause instanceof Error ? cause.message : String(cause), cause);
  }
}
