"""Archives: many clips, from wherever they lie, to tables that data tools open."""
