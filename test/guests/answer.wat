;; native
;; A well-behaved guest: returns 42. The others are compared with it.
(func (export "skill:engine/tools@0.1.0#invoke") (param i32 i32 i32 i32) (result i32)
  (call $ok-number (i32.const 42)))
