"""Tests that drive a real Chromium; a package, so that the browser ends before any test outside it runs."""
