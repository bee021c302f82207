//! All there is are tests.
