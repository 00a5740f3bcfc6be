"""The Compose file's services as plain processes of one machine, for tests and measurements."""
