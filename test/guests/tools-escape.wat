;; world: export skill:engine/tools@0.1.0;
;; AUD-01: a tool whose name drives a terminal.
(module
  (memory (export "memory") 1)
  (data (i32.const 64) "\50\00\00\00\01\00\00\00")
  (data (i32.const 80)
    "\80\00\00\00\08\00\00\00"
    "\00\00\00\00\00\00\00\00\00\00\00\00"
    "\90\00\00\00\02\00\00\00"
    "\00\00\00\00\00\00\00\00\00\00\00\00")
  (data (i32.const 128) "a\1b[2Jrun")
  (data (i32.const 144) "{}")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "skill:engine/tools@0.1.0#list-tools") (result i32) (i32.const 64))
  (func (export "skill:engine/tools@0.1.0#invoke") (param i32 i32 i32 i32) (result i32) unreachable))
