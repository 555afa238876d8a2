"""The agent in a pod: fetch, render, write; once, before the application starts."""
