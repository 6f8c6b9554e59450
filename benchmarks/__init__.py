"""What a spend costs: ``python -m benchmarks``. See docs/explanation/performance.md."""
