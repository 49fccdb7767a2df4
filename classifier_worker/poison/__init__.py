"""Audio that ends a worker: found, tried alone and set aside."""
