//! How the command ends: 0 done, 1 failed, 2 wrong usage (clap's), 130 interrupted.

use std::error::Error;
use std::io::{self, Write};
use std::process::{ExitCode, Termination};

/// How a subcommand ended.
#[derive(Debug)]
pub(crate) enum Exit {
    /// All that was asked for was done, or nobody reads on: a closed pipe is no error.
    Done,
    /// The error has its sources; `main` prints it.
    Failed(Box<dyn Error + Send + Sync>),
}

impl Exit {
    /// A failure told in a sentence.
    pub(crate) fn failed(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Failed(error.into())
    }
}

/// For subcommands whose only error is that of reading or writing.
impl From<io::Result<()>> for Exit {
    fn from(result: io::Result<()>) -> Self {
        match result {
            Ok(()) => Self::Done,
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Self::Done,
            Err(error) => Self::failed(error),
        }
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        match self {
            Self::Done => ExitCode::SUCCESS,
            Self::Failed(error) => {
                // Nobody may be there to read it.
                let _ = writeln!(anstream::stderr(), "{}", crate::output::error_line(&*error));
                ExitCode::FAILURE
            }
        }
    }
}
