"""The pages of bots, for admins. What they save goes through `/api/v1/bots/`, from the scripts in `static/js/bots/`."""
