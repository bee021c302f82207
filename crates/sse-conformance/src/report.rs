//! What came of running a file of cases.

use std::fmt;

/// How many cases ran and where they went wrong.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Report {
    /// Cases in the file, each of which ran.
    pub cases: usize,
    /// How often they ran in all: each way of cutting, by each path.
    pub runs: usize,
    /// Where what happened is not what must happen.
    pub differences: Vec<Difference>,
}

/// One run of a case that went wrong.
#[derive(Clone, Debug)]
pub struct Difference {
    /// The name of the case.
    pub case: String,
    /// How it was run.
    pub run: String,
    /// Expected and actual.
    pub what: String,
}

impl Report {
    /// This report and then that one.
    pub fn and(mut self, other: Self) -> Self {
        self.cases += other.cases;
        self.runs += other.runs;
        self.differences.extend(other.differences);
        self
    }

    /// How many cases have a difference. Those of one case lie side by side.
    pub fn failed_cases(&self) -> usize {
        self.differences.chunk_by(|a, b| a.case == b.case).count()
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})\n{}", self.case, self.run, self.what)
    }
}
