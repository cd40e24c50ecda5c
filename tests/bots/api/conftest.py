from tests.api.conftest import as_admin, as_viewer, nobody, problem

__all__ = ["as_admin", "as_viewer", "nobody", "problem"]
