//! Installs the peers, in the versions that are recorded.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::{process, tools};

/// Everything that the pairs need, where it is not there yet.
pub(super) fn install() -> Result<(), Failure> {
    let missing = tools::set_up();
    if !missing.is_empty() {
        return Err(Failure::task(format!("missing: {}", missing.join(", "))));
    }
    tools::install(&[("curl", "curl"), ("npm", "npm")])?;
    npm("interop/node")?;
    pip("interop/python/requirements.txt", "python")?;
    nginx()?;
    // With nchan loaded, nginx insists on a directory in here, whatever its configuration says.
    tools::create_directory(Path::new("/var/lib/nginx"))?;
    for (program, version) in [("chromium", "--version"), ("curl", "--version"), ("nginx", "-v")] {
        // The others are pinned; these are Debian's of the day.
        eprintln!("  {}", version_of(program, version));
    }
    Ok(())
}

/// The first line of what a program says of itself, which nginx does on its standard error.
fn version_of(program: &str, flag: &str) -> String {
    let unpacked = target().join("nginx/usr/sbin").join(program);
    let path = if unpacked.exists() { unpacked } else { program.into() };
    let output = Command::new(path).arg(flag).output();
    let said = output.map(|output| [output.stdout, output.stderr].concat()).unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    said.lines().next().map_or_else(|| format!("{program}: of an unknown version"), str::to_owned)
}

/// The packages of npm that a directory asks for. Those of `interop/node` are also the Node that all run under.
pub(super) fn npm(directory: &str) -> Result<(), Failure> {
    let directory = process::root().join(directory);
    let lock = read(&directory.join("package-lock.json"))?;
    unless_there(&directory.join("node_modules/installed"), &lock, || {
        process::run(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&directory))
    })
}

/// The packages of pip that a file asks for, in an environment of their own, which gets this name.
pub(super) fn pip(requirements: &str, name: &str) -> Result<(), Failure> {
    let requirements = process::root().join(requirements);
    let directory = target().join(name);
    unless_there(&directory.join("installed"), &read(&requirements)?, || {
        // Debian's Python comes without.
        let complete = |python: &mut Command| process::succeeds(python.args(["-c", "import venv, ensurepip"]));
        if !complete(&mut Command::new("python3")) {
            tools::apt_install(&["python3-venv"])?;
        }
        process::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&directory))?;
        let mut pip = Command::new(directory.join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]).arg(&requirements);
        process::run(&mut pip)
    })
}

/// nginx and nchan, unpacked and not installed: Debian would start a server on port 80.
fn nginx() -> Result<(), Failure> {
    let directory = target().join("nginx");
    unless_there(&directory.join("installed"), PACKAGES.join(" ").as_str(), || {
        for (program, package) in [("apt-get", "apt"), ("dpkg", "dpkg")] {
            if tools::find(program).is_none() {
                let what = format!("no `{program}` (package {package}): nginx comes from Debian's packages");
                return Err(Failure::task(what));
            }
        }
        // What an earlier attempt left behind may be of another version.
        let _ = fs::remove_dir_all(&directory);
        let (lists, cache) = (directory.join("apt/lists"), directory.join("apt/cache"));
        for directory in [lists.join("partial"), cache.join("archives/partial")] {
            fs::create_dir_all(&directory).map_err(|error| unusable(&directory, &error))?;
        }
        // Lists and archives of its own: nothing of the system changes, and nobody has to be root.
        let apt = |args: &[&str]| {
            let mut command = Command::new("apt-get");
            command.args(["-q", "-y", "-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=root"]);
            command.arg("-o").arg(format!("Dir::State::Lists={}", lists.display()));
            command.arg("-o").arg(format!("Dir::Cache={}", cache.display()));
            process::run(command.args(args))
        };
        apt(&["update"])?;
        // Also what they depend on, as far as the system does not have it.
        apt(&[&["install", "--reinstall", "--download-only", "--no-install-recommends"], PACKAGES].concat())?;
        let archives = cache.join("archives");
        for archive in fs::read_dir(&archives).map_err(|error| unusable(&archives, &error))?.flatten() {
            if archive.path().extension().is_some_and(|extension| extension == "deb") {
                process::run(Command::new("dpkg").arg("-x").arg(archive.path()).arg(&directory))?;
            }
        }
        let _ = fs::remove_dir_all(directory.join("apt"));
        Ok(())
    })
}

const PACKAGES: &[&str] = &["nginx", "libnginx-mod-nchan"];

/// Does `install` unless `stamp` says that exactly `wanted` was installed.
fn unless_there(stamp: &Path, wanted: &str, install: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
    if fs::read_to_string(stamp).is_ok_and(|there| there == wanted) {
        return Ok(());
    }
    install()?;
    fs::write(stamp, wanted).map_err(|error| unusable(stamp, &error))
}

fn target() -> PathBuf {
    process::root().join("target/interop")
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| unusable(path, &error))
}

fn unusable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::task(format!("{}: {error}", path.display()))
}
