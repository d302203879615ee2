/** From a core module of any language that exports the tools by the canonical ABI to a component. */
import { readFile } from 'node:fs/promises';
import { componentEmbed, componentNew } from '@bytecodealliance/jco-transpile/wasm-tools';
import { buildFailed } from './toolchain.ts';
import { reactorAdapter, toolsWorld } from './wit.ts';

/**
 * @param path a core module for `wasi_snapshot_preview1` that exports `cabi_realloc`, and `list-tools` and `invoke` of
 *   `skill:engine/tools@0.1.0`
 * @throws SkillError BUILD_FAILED
 */
export async function toolsComponent(path: string): Promise<Uint8Array> {
  try {
    const binary = await readFile(path);
    const embedded = await componentEmbed({ binary, witSource: await toolsWorld([]) });
    return await componentNew(embedded, [['wasi_snapshot_preview1', await reactorAdapter()]]);
  } catch (cause) {
    throw buildFailed(cause instanceof Error ? cause.message : String(cause), cause);
  }
}
