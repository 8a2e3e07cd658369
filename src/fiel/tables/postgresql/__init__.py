"""PostgreSQL as Django knows it, with what it has in sight (`tables/walls.py`) said to each connection."""
