"""Everything about a call. docs/architecture.md has the map of this package."""
