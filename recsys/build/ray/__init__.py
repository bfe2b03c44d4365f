"""Many machines embed a catalogue, by Ray Data. The one place that knows Ray, which is an extra.

The machine that builds has the table of the catalogue and gives out the numbers of its rows. Actors, each with the
encoder loaded once, open the same catalogue where they run, read the pictures of their rows, and give back thumbnails
and vectors in the order of the catalogue. The builder writes these as it would its own: what it keeps on its disk is
what a build in one process keeps, and either goes on where the other ended. Afterwards it completes the index alone.
"""
