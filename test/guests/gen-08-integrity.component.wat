;; GEN-08: an import name of the form `integrity=<…>` is valid, and panics jco's transpiler, which
;; can't be used again in the same process.
(component
  (import "integrity=<sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=>" (func)))
