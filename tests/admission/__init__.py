"""The mutating webhook: what it decides about pods, and that a real API server takes its answers."""
