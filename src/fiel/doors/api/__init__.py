"""The till API, /api/v1: parse, call one function, render."""
