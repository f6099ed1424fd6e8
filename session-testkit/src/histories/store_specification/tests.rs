//! Histories of a store that are known to be good or bad.
