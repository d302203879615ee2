;; native
;; LIF-03: returns how often this instance was called, kept in a global and in its memory.
(global $calls (mut i32) (i32.const 0))
(func (export "skill:engine/tools@0.1.0#invoke") (param i32 i32 i32 i32) (result i32)
  (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
  (i32.store (i32.const 512) (i32.add (i32.load (i32.const 512)) (i32.const 1)))
  (if (i32.ne (global.get $calls) (i32.load (i32.const 512))) (then (unreachable)))
  (call $ok-number (global.get $calls)))
