//! Ownership files (BODS, GLEIF) into entities and edges of a catalog overlay.
