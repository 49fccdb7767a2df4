"""Find audio that crashes a worker, try it alone, and set it aside."""
