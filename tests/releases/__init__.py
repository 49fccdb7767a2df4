"""Redis data of each release and its results: histories that later releases replay."""
