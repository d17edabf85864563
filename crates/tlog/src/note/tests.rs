//! Tests of notes and keys.
