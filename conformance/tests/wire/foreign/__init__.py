"""Writers of the formats that strangers keep recordings in, for the tests of our readers."""
