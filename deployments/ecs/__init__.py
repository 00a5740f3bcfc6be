"""Work pools whose runs are tasks of Amazon's ECS; see docs/ecs.md."""
