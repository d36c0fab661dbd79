"""The window around the rooms: menus, search, top bar, jobs, notices, keys, what comes back."""
