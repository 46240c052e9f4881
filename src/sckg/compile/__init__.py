"""The compiler: a SHACL file, read into a small intermediate form, written out as one text per shape or rule."""
