import { SERVER_ERROR } from './call-slots.ts';

/** A request that is refused before it becomes a call, in JSON-RPC's form of an error. */
export function refusal(
  status: number,
  message: string,
  {
    code = SERVER_ERROR,
    headers = {},
  }: { readonly code?: number; readonly headers?: Readonly<Record<string, string>> } = {},
): Response {
  return Response.json(
    { jsonrpc: '2.0', error: { code, message }, id: null },
    { status, headers: { ...headers } },
  );
}
