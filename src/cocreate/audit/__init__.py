"""The auditor: checks a whole record from a file or a served log, trusting nothing in it but a key from elsewhere."""
