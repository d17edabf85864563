//! Recording what was answered.
