;; native
;; CPU-07: two functions that call each other for ever.
(func $even (param $depth i32) (result i32)
  (i32.add (i32.const 1) (call $odd (i32.add (local.get $depth) (i32.const 1)))))
(func $odd (param $depth i32) (result i32)
  (i32.add (i32.const 2) (call $even (i32.add (local.get $depth) (i32.const 1)))))
(func (export "skill:engine/tools@0.1.0#invoke") (param i32 i32 i32 i32) (result i32)
  (call $ok-number (call $even (i32.const 0))))
