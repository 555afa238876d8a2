"""The serving certificate of automatic mode: made by one replica, kept in a Secret, served by all, renewed in time."""
