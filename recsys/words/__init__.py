"""Words as a query: what the words of a text mean in a catalogue, and which products have them."""
