;; GEN-08: an import name of the form `url=<…>` is valid, and panics jco's transpiler, which
;; can't be used again in the same process.
(component
  (import "url=<https://example.com/x.wasm>" (func)))
