/** Runs a hook for a bounded time. What blocks the thread itself (an endless loop) cannot be bounded here. */

export type Answer =
  | { readonly kind: 'answered'; readonly value: unknown }
  | { readonly kind: 'threw'; readonly error: unknown }
  | { readonly kind: 'late' }
  | { readonly kind: 'aborted' };

/** @param outer when it aborts, nobody waits for the answer any longer */
export async function bounded(
  work: (signal: AbortSignal) => unknown,
  milliseconds: number,
  outer?: AbortSignal,
): Promise<Answer> {
  if (outer?.aborted) return { kind: 'aborted' };
  const own = new AbortController();
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const abort = () => resolve({ kind: 'aborted' });
  outer?.addEventListener('abort', abort, { once: true });
  const timer = setTimeout(() => resolve({ kind: 'late' }), milliseconds);
  const answer = async (): Promise<Answer> => {
    try {
      return { kind: 'answered', value: await work(own.signal) };
    } catch (error) {
      return { kind: 'threw', error };
    }
  };
  void answer().then(resolve);
  try {
    const first = await promise;
    if (first.kind === 'late' || first.kind === 'aborted') own.abort();
    return first;
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener('abort', abort);
  }
}
