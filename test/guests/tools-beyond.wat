;; world: export skill:engine/tools@0.1.0;
;; MEM-06: its list of tools lies outside of its memory.
(module
  (memory (export "memory") 1)
  (data (i32.const 64) "\00\10\00\00\ff\ff\ff\ff")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "skill:engine/tools@0.1.0#list-tools") (result i32) (i32.const 64))
  (func (export "skill:engine/tools@0.1.0#invoke") (param i32 i32 i32 i32) (result i32) unreachable))
