"""The web server: pages and an API over the use cases, without rules of its own."""
