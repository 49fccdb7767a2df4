"""What each release left in Redis, and what came of it: histories that later releases replay."""
