"""sckg: a smart-city assessment as a graph that can be checked."""

__version__ = "0.1.0"
