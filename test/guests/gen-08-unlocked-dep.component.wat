;; GEN-08: an import name of the form `unlocked-dep=<…>` is valid, and panics jco's transpiler, which
;; can't be used again in the same process.
(component
  (import "unlocked-dep=<a:b@{>=1.0.0}>" (func)))
