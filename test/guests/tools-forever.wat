;; world: export skill:engine/tools@0.1.0;
;; CPU-01: never ends listing its tools.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "skill:engine/tools@0.1.0#list-tools") (result i32) (loop $again (br $again)) unreachable)
  (func (export "skill:engine/tools@0.1.0#invoke") (param i32 i32 i32 i32) (result i32) unreachable))
