"""Embeds a catalogue on many machines with Ray Data. Ray is an optional dependency.

The machine that runs the build reads the table of the catalogue and distributes row numbers. The actors on the other
machines load the encoder once, open the same catalogue, read the pictures of their rows, and return thumbnails and
vectors in the order of the catalogue. The build writes them as if it had computed them itself: the cached vectors are
those of a build in one process, so each of the two can continue what the other began. The rest of the index is
completed on the machine that runs the build.
"""
