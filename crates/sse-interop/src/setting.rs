//! Where the peers are, and what all of them read.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::Result;
use crate::list::{self, Event};

/// What a pair needs to know.
#[derive(Clone)]
pub(crate) struct Setting {
    /// The top directory of the checkout.
    root: PathBuf,
    /// Of this run alone.
    run: PathBuf,
    /// Of this pair alone.
    pub(crate) scratch: PathBuf,
    pub(crate) list: Arc<[Event]>,
}

impl Setting {
    pub(crate) fn new() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
        let run = root.join(format!("target/interop/run-{}", std::process::id()));
        fs::create_dir_all(&run)?;
        let setting = Self { root, scratch: run.clone(), run, list: list::events().into() };
        fs::write(setting.list_file(), list::to_json(&setting.list)?)?;
        Ok(setting)
    }

    /// For one pair, by its number: the path of a socket must be short.
    pub(crate) fn of_pair(&self, number: usize) -> Result<Self> {
        let scratch = self.run.join(number.to_string());
        fs::create_dir(&scratch)?;
        Ok(Self { scratch, ..self.clone() })
    }

    /// The list of events, for peers in other languages.
    pub(crate) fn list_file(&self) -> PathBuf {
        self.run.join("events.json")
    }

    /// A file of the directory `interop`.
    pub(crate) fn source(&self, path: &str) -> PathBuf {
        self.root.join("interop").join(path)
    }

    /// A file of what `cargo xtask interop` has installed.
    pub(crate) fn installed(&self, path: &str) -> PathBuf {
        self.root.join("target/interop").join(path)
    }

    /// What becomes the peer's standard error: a server whose connections are cut may complain at length.
    pub(crate) fn complaints(&self) -> Result<File> {
        Ok(File::create(self.scratch.join("stderr"))?)
    }

    /// The last lines of it, indented, for whom they interest.
    pub(crate) fn last_complaints(&self) -> String {
        let all = fs::read(self.scratch.join("stderr")).unwrap_or_default();
        let all = String::from_utf8_lossy(&all);
        let lines: Vec<_> = all.lines().collect();
        lines[lines.len().saturating_sub(10)..].iter().map(|line| format!("\n      {line}")).collect()
    }

    /// Gives back what this run has written.
    pub(crate) fn clean(&self) {
        let _ = fs::remove_dir_all(&self.run);
    }
}
