/** What the disposable processes share: whole input, whole output, and jco's own WebAssembly without WASI. */
import { readSync, writeSync } from 'node:fs';
import { registerHooks } from 'node:module';

export function readInput(): Uint8Array {
  const chunks: Buffer[] = [];
  const chunk = Buffer.allocUnsafe(1024 * 1024);
  for (;;) {
    const length = readSync(0, chunk);
    if (length === 0) return Buffer.concat(chunks);
    chunks.push(Buffer.from(chunk.subarray(0, length)));
  }
}

export function writeOutput(parts: readonly Uint8Array[]): void {
  for (const part of parts) {
    let at = 0;
    while (at < part.byteLength) at += writeSync(1, part, at);
  }
}

/** Imports one of jco's modules with `no-wasi` in place of preview2-shim, and starts it. */
export async function loadJco<T extends { readonly $init: Promise<void> }>(
  url: string,
): Promise<T> {
  const shim = new URL(
    import.meta.url.endsWith('.ts') ? './no-wasi.ts' : './no-wasi.js',
    import.meta.url,
  ).href;
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier.startsWith('@bytecodealliance/preview2-shim/')
        ? { url: shim, shortCircuit: true }
        : next(specifier, context),
  });
  const module = (await import(url)) as T;
  await module.$init;
  return module;
}

export function describeFailure(failure: unknown, panic: string): string {
  const message = failure instanceof Error ? failure.message : String(failure);
  return (panic === '' ? message : `${message}: ${panic}`).slice(0, 2000);
}
