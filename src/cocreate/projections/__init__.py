"""Pure folds from events to read models, and the views made of them; README.md fixes the shapes."""
