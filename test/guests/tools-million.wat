;; world: export skill:engine/tools@0.1.0;
;; SPEC §2: lists more than a million tools, all without a name.
(module
  (memory (export "memory") 960)
  (data (i32.const 64) "\00\10\00\00\00\00\15\00")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "skill:engine/tools@0.1.0#list-tools") (result i32) (i32.const 64))
  (func (export "skill:engine/tools@0.1.0#invoke") (param i32 i32 i32 i32) (result i32) unreachable))
