"""The gateway: sessions, audio in, events out. Holds no session. Never imports the worker."""
