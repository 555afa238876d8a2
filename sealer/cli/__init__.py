"""The command line: one command, one file. Each parses, calls the core, and writes."""
