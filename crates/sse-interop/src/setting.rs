//! Where the peers are, and what all of them read.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::Result;
use crate::list::{self, Event};

/// The same for every pair.
#[derive(Clone)]
pub(crate) struct Setting {
    /// The top directory of the checkout.
    root: PathBuf,
    /// Of this run alone.
    pub(crate) scratch: PathBuf,
    pub(crate) list: Arc<[Event]>,
}

impl Setting {
    pub(crate) fn new() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
        let scratch = root.join(format!("target/interop/run-{}", std::process::id()));
        std::fs::create_dir_all(&scratch)?;
        let setting = Self { root, scratch, list: list::events().into() };
        std::fs::write(setting.list_file(), list::to_json(&setting.list)?)?;
        Ok(setting)
    }

    /// The list of events, for peers in other languages.
    pub(crate) fn list_file(&self) -> PathBuf {
        self.scratch.join("events.json")
    }

    /// A file of the directory `interop`.
    pub(crate) fn source(&self, path: &str) -> PathBuf {
        self.root.join("interop").join(path)
    }

    /// A file of what `cargo xtask interop` has installed.
    pub(crate) fn installed(&self, path: &str) -> PathBuf {
        self.root.join("target/interop").join(path)
    }

    /// Where a peer complains: a server whose connections are cut may, at length.
    pub(crate) fn complaints(&self, peer: &str) -> Result<File> {
        Ok(File::create(self.scratch.join(peer.replace('/', "-") + ".stderr"))?)
    }

    /// Gives back what this run has written.
    pub(crate) fn clean(&self) {
        let _ = std::fs::remove_dir_all(&self.scratch);
    }
}
