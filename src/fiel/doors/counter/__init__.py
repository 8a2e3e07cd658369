"""The counter: whoever serves finds a customer, records what they buy and sees at once what it gave, network or not."""
