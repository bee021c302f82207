//! The report: every candidate in turn, in one run.

fn main() {}
