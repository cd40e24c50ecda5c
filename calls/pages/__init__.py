"""The pages for people: the live wall, calls, profiles and the way in. Templates in `templates/`, scripts in `static/js/`."""
