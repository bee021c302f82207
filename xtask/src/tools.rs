//! The programs beside cargo that the tests need, and where they come from.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::process;

/// A program that the tests need.
struct Tool {
    /// What it is for.
    purpose: &'static str,
    /// The names that it has on `PATH`, here and there.
    names: &'static [&'static str],
    /// The variable that says where it is, if it is not on `PATH`.
    variable: Option<&'static str>,
    /// Debian's package.
    package: &'static str,
}

const TOOLS: &[Tool] = &[
    Tool {
        purpose: "the browser of the dashboard's test",
        names: &["chromium", "chromium-browser", "google-chrome"],
        variable: Some("SSE_CHROMIUM"),
        package: "chromium",
    },
    Tool {
        purpose: "the driver of that browser",
        names: &["chromedriver"],
        variable: Some("SSE_CHROMEDRIVER"),
        package: "chromium-driver",
    },
    Tool {
        purpose: "a peer that speaks TLS by another library",
        names: &["python3"],
        variable: None,
        package: "python3",
    },
    Tool { purpose: "an HTTP proxy", names: &["tinyproxy"], variable: None, package: "tinyproxy-bin" },
    Tool { purpose: "a SOCKS proxy", names: &["microsocks"], variable: None, package: "microsocks" },
];

/// Whether this is a CI run: what is missing is then a failure and not a skip.
pub(crate) fn in_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false" && value != "0")
}

/// Looks for every tool, installs what is missing by apt-get where that needs no question, and
/// returns a line for each that is still missing.
pub(crate) fn set_up() -> Vec<String> {
    let missing = || TOOLS.iter().filter(|tool| !tool.is_there()).collect::<Vec<_>>();
    let wanted = missing();
    if !wanted.is_empty() {
        let packages: Vec<_> = wanted.iter().map(|tool| tool.package).collect();
        if let Err(failure) = apt_install(&packages) {
            eprintln!("cannot install {}: {failure}", packages.join(", "));
        }
    }
    missing().into_iter().map(Tool::describe).collect()
}

impl Tool {
    fn is_there(&self) -> bool {
        let named = self.variable.and_then(std::env::var_os);
        named.is_some() || self.names.iter().any(|name| find(name).is_some())
    }

    fn describe(&self) -> String {
        format!("`{}`, {} (Debian: apt-get install {})", self.names[0], self.purpose, self.package)
    }
}

/// Where a program is on `PATH`.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|directory| directory.join(name)).find(|candidate| candidate.is_file())
}

/// Installs by apt-get what is missing: pairs of a program, or the path of a file, and Debian's package.
pub(crate) fn install(programs: &[(&str, &str)]) -> Result<(), Failure> {
    let missing = || programs.iter().filter(|(program, _)| find(program).is_none());
    let packages: Vec<_> = missing().map(|(_, package)| *package).collect();
    if packages.is_empty() {
        return Ok(());
    }
    if let Err(failure) = apt_install(&packages) {
        eprintln!("cannot install {}: {failure}", packages.join(", "));
    }
    let missing: Vec<_> =
        missing().map(|(program, package)| format!("`{program}` (Debian: apt-get install {package})")).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::task(format!("missing: {}", missing.join(", "))))
}

/// Creates a directory of the system that this user may write to, if it is not there.
pub(crate) fn create_directory(path: &Path) -> Result<(), Failure> {
    if path.is_dir() {
        return Ok(());
    }
    let user = process::output(Command::new("id").arg("-u"))?;
    process::run(as_root()?.args(["install", "-d", "-o", user.trim()]).arg(path))
}

/// `env`, as root or through a sudo that asks nothing.
fn as_root() -> Result<Command, Failure> {
    if process::output(Command::new("id").arg("-u"))?.trim() == "0" {
        return Ok(Command::new("env"));
    }
    if !process::succeeds(Command::new("sudo").args(["-n", "true"])) {
        return Err(Failure::task("neither root nor a sudo without password"));
    }
    let mut command = Command::new("sudo");
    command.args(["-n", "env"]);
    Ok(command)
}

/// Installs Debian packages as root, or through a sudo that asks nothing.
pub(crate) fn apt_install(packages: &[&str]) -> Result<(), Failure> {
    if find("apt-get").is_none() {
        return Err(Failure::task("this system has no apt-get; install it by your package manager"));
    }
    let apt = |args: &[&str]| {
        process::run(as_root()?.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"]).args(args))
    };
    apt(&["update"])?;
    // One by one: a name that a distribution does not have must not keep the others away.
    let mut failed = Vec::new();
    for package in packages {
        if apt(&["install", "--no-install-recommends", package]).is_err() {
            failed.push(*package);
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    Err(Failure::task(format!("apt-get could not install {}", failed.join(", "))))
}

/// The nightly toolchain is there, or is made to be.
pub(crate) fn nightly() -> Result<(), Failure> {
    if process::succeeds(&mut process::cargo_nightly(&["--version"])) {
        return Ok(());
    }
    eprintln!("no nightly toolchain: asking rustup for it");
    let mut rustup = Command::new("rustup");
    process::run(rustup.args(["toolchain", "install", "nightly", "--profile", "minimal"])).map_err(|failure| {
        Failure::task(format!("this needs the nightly toolchain, which cannot be installed: {failure}"))
    })
}
