"""The office: the start page, signing in, and what owners and staff see of their business."""
