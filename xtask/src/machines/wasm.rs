//! WebAssembly, under Node.

use std::process::Command;

use super::counts::Counts;
use super::debian::Toolchain;
use crate::failure::Failure;
use crate::{process, tools};

/// What browsers run, with no host around it that would be known.
const TARGET: &str = "wasm32-unknown-unknown";

pub(super) fn run() -> Result<String, Failure> {
    tools::install(&[("node", "nodejs")])?;
    let rust = Toolchain::with_source()?;
    process::run(&mut rust.cargo_for_bare_metal(TARGET, "wasm-ld", "wasm"))?;
    let module = rust.target_dir().join(TARGET).join("release/wasm.wasm");
    let mut counts = Counts::default();
    let mut node = Command::new("node");
    node.arg("xtask/machines/wasm/run.mjs").arg(module).current_dir(process::root());
    process::run_seeing(&mut node, |line| counts.see(line))?;
    if counts.of("cases") == 0 {
        return Err(Failure::task("no vector ran"));
    }
    Ok(format!("{} vectors in {} runs", counts.of("cases"), counts.of("runs")))
}
