"""What counting is: pure Python on frozen values. No Django, no clock, no files, no floats."""
