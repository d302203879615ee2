  ;; The native world's list of tools: one tool, "run", that takes any object.
  ;; Layout: 16 result of invoke, 64 list, 80 tool, 128 texts, 256 digits, 1024 and up the heap.
  (memory (export "memory") 1)
  (data (i32.const 64) "\50\00\00\00\01\00\00\00")
  (data (i32.const 80)
    "\80\00\00\00\03\00\00\00"               ;; name: 3 bytes at 128
    "\00\00\00\00\00\00\00\00\00\00\00\00"   ;; no description
    "\90\00\00\00\11\00\00\00"               ;; parameters: 17 bytes at 144
    "\00\00\00\00\00\00\00\00\00\00\00\00")  ;; no output schema
  (data (i32.const 128) "run")
  (data (i32.const 144) "{\22type\22:\22object\22}")

  (func (export "skill:engine/tools@0.1.0#list-tools") (result i32) (i32.const 64))

  ;; The result of invoke: ok, with the JSON text at $at.
  (func $ok (param $at i32) (param $length i32) (result i32)
    (i32.store8 (i32.const 16) (i32.const 0))
    (i32.store (i32.const 20) (local.get $at))
    (i32.store (i32.const 24) (local.get $length))
    (i32.const 16))

  ;; The result of invoke: ok, with an unsigned number as JSON text.
  (func $ok-number (param $value i32) (result i32)
    (local $at i32)
    (local.set $at (i32.const 272))
    (loop $digits
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (i32.store8 (local.get $at)
        (i32.add (i32.const 48) (i32.rem_u (local.get $value) (i32.const 10))))
      (local.set $value (i32.div_u (local.get $value) (i32.const 10)))
      (br_if $digits (local.get $value)))
    (call $ok (local.get $at) (i32.sub (i32.const 272) (local.get $at))))
