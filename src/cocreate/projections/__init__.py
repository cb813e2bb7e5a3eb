"""Pure folds from a workshop's events to what people read."""
