/** The values that JSON text can hold, as plain data. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** A JSON object. `__proto__` and its like are ordinary own keys here. */
export type JsonObject = { readonly [key: string]: JsonValue };

/** True for a JSON object: neither null, nor an array. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Sets an own data property whatever the key is; plain assignment would call `__proto__`'s setter. */
export function setOwn(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}
