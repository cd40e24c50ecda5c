"""REST below `/api/v1/bots/`, in the manner of `calls.api`."""
