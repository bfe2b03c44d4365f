"""Random walks of a visitor through the page, each compared with a model of the page after every action."""
