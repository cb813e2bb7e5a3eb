"""The log under a record: its Merkle tree and the names of its keys. Imports nothing of ours."""
