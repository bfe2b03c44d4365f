"""Tests of the page in a browser. As a package, so that its browser is closed before the tests of other folders."""
