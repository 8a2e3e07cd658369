"""Work that takes longer than a request: started at a door, done by a worker, looked at meanwhile."""
