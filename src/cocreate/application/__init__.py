"""Use cases: the published language that the web server may import."""
