;; native
;; CPU-01: a call that never returns.
(func (export "skill:engine/tools@0.1.0#invoke") (param i32 i32 i32 i32) (result i32)
  (loop $again (br $again))
  (unreachable))
