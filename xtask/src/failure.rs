//! How a task fails.

use std::fmt;
use std::process::ExitCode;

/// Why a task failed, in a sentence for the terminal.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line was wrong: exit code 2.
    Usage(String),
    /// The task did not succeed: exit code 1.
    Task(String),
}

impl Failure {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }

    pub(crate) fn task(message: impl Into<String>) -> Self {
        Self::Task(message.into())
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage(_) => ExitCode::from(2),
            Self::Task(_) => ExitCode::FAILURE,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(message) => write!(f, "{message} (see `cargo xtask --help`)"),
            Self::Task(message) => f.write_str(message),
        }
    }
}
