"""Entry bytes and events, one to the other: shared by the server and the auditor."""
