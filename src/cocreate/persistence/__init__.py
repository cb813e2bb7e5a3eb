"""The stores: the only package that names eventsourcing or psycopg."""
