;; native: import test:signal/begin@1.0.0;
;; package test:signal@1.0.0 { interface begin { begun: func(); } }
;; A call that never returns, and tells the embedder when it has begun.
(import "test:signal/begin@1.0.0" "begun" (func $begun))
(func (export "skill:engine/tools@0.1.0#invoke") (param i32 i32 i32 i32) (result i32)
  (call $begun)
  (loop $again (br $again))
  (unreachable))
