//! Debian's compilers, unpacked beside each other and not installed: their packages exclude each other and rustup.
//!
//! `apt-get` does the fetching, with lists of its own, so that packages of other architectures can be had without
//! telling the system of them, and without being root.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::{process, tools};

/// The only machine that the packages below are for.
const HOST: bool = cfg!(all(target_os = "linux", target_arch = "x86_64"));

/// Rust as Debian 12 has it for web browsers, with what it is linked to.
pub(super) struct Toolchain {
    root: PathBuf,
}

impl Toolchain {
    /// 1.85: the oldest that is supported, with the standard libraries of two other machines.
    pub(super) fn oldest() -> Result<Self, Failure> {
        Self::unpacked(
            "rust-1.85",
            &[
                "rustc-web=1.85.*",
                "cargo-web=1.85.*",
                "libstd-rust-web-1.85",
                "libstd-rust-web-dev=1.85.*",
                "libstd-rust-web-dev:arm64=1.85.*",
                "libstd-rust-web-dev:s390x=1.85.*",
                "libllvm19",
                "libhttp-parser2.9",
                "libpcre3",
            ],
        )
    }

    /// 1.96, with the source of the standard library and the linker for machines without an operating system.
    pub(super) fn with_source() -> Result<Self, Failure> {
        Self::unpacked(
            "rust-1.96",
            &[
                "rustc-web=1.96.*",
                "cargo-web=1.96.*",
                "libstd-rust-web-1.96",
                "libstd-rust-web-dev=1.96.*",
                "rust-web-src=1.96.*",
                "libllvm22",
                "lld-22",
                "libgit2-1.5",
                "libhttp-parser2.9",
                "libmbedcrypto7",
                "libmbedtls14",
                "libmbedx509-1",
                "libpcre3",
            ],
        )
    }

    fn unpacked(name: &str, packages: &[&str]) -> Result<Self, Failure> {
        let root = directory().join(name);
        let stamp = root.join("packages");
        let wanted = packages.join("\n");
        if std::fs::read_to_string(&stamp).is_ok_and(|there| there == wanted) {
            return Ok(Self { root });
        }
        if !HOST {
            return Err(Failure::task("the compilers are Debian's for Linux on x86-64, and this is another machine"));
        }
        for (program, package) in [("apt-get", "apt"), ("dpkg", "dpkg")] {
            if tools::find(program).is_none() {
                return Err(Failure::task(format!(
                    "no `{program}` (package {package}): the compilers come from Debian's packages"
                )));
            }
        }
        let archives = root.join("archives");
        // What an earlier attempt left behind may be of another version.
        let _ = std::fs::remove_dir_all(&root);
        create(&archives)?;
        fetch(packages, &archives)?;
        for archive in std::fs::read_dir(&archives).map_err(|error| unreadable(&archives, &error))?.flatten() {
            process::run(Command::new("dpkg").arg("-x").arg(archive.path()).arg(&root))?;
        }
        let _ = std::fs::remove_dir_all(&archives);
        std::fs::write(&stamp, wanted).map_err(|error| unreadable(&stamp, &error))?;
        Ok(Self { root })
    }

    /// Its cargo, in the top directory of the checkout, building below `target/machines`.
    pub(super) fn cargo(&self, args: &[&str]) -> Command {
        let programs = self.root.join("usr/bin");
        let mut command = process::cargo_of(&programs.join("cargo"), args);
        // Whatever the outer cargo and rustup say of a compiler is of another one.
        for name in ["RUSTUP_TOOLCHAIN", "CARGO", "RUSTC_WRAPPER", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"] {
            command.env_remove(name);
        }
        let libraries = ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"].map(|path| self.root.join(path));
        command
            .env("RUSTC", programs.join("rustc"))
            .env("RUSTDOC", programs.join("rustdoc"))
            .env("LD_LIBRARY_PATH", std::env::join_paths(libraries).unwrap_or_default())
            // Built to be run once.
            .env("CARGO_INCREMENTAL", "0")
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env("CARGO_TARGET_DIR", self.target_dir());
        command
    }

    /// Where [`cargo`](Self::cargo) builds.
    pub(super) fn target_dir(&self) -> PathBuf {
        self.root.join("target")
    }

    /// Its cargo, building a package of xtask/machines and the parts of the standard library that need no operating
    /// system, with this linker.
    pub(super) fn cargo_for_bare_metal(&self, target: &str, linker: &str, package: &str) -> Command {
        let manifest = "xtask/machines/Cargo.toml";
        let mut command = self.cargo(&["build", "--release", "--locked", "--manifest-path", manifest, "-p", package]);
        command.args(["-Zbuild-std=core,alloc", "--target", target]);
        // Building the standard library is not stable; this compiler may do it nevertheless.
        command.env("RUSTC_BOOTSTRAP", "1");
        command.env(variable_of_target(target, "LINKER"), self.root.join("usr/lib/llvm-22/bin").join(linker));
        command
    }
}

/// The variable by which cargo takes a setting of a target.
pub(super) fn variable_of_target(target: &str, what: &str) -> String {
    format!("CARGO_TARGET_{}_{what}", target.to_uppercase().replace('-', "_"))
}

/// Downloads packages without installing them.
fn fetch(packages: &[&str], to: &Path) -> Result<(), Failure> {
    let state = directory().join("apt");
    let (lists, cache) = (state.join("lists"), state.join("cache"));
    create(&lists.join("partial"))?;
    create(&cache.join("archives/partial"))?;
    let apt = |args: &[&str]| {
        let mut command = Command::new("apt-get");
        command.arg("-q").current_dir(to);
        for architecture in ["amd64", "arm64", "s390x"] {
            command.arg("-o").arg(format!("APT::Architectures::={architecture}"));
        }
        command.arg("-o").arg(format!("Dir::State::Lists={}", lists.display()));
        command.arg("-o").arg(format!("Dir::Cache={}", cache.display()));
        // As root it would hand over to a user who may not write here.
        command.args(["-o", "APT::Sandbox::User=root"]).args(args);
        process::run(&mut command)
    };
    apt(&["update"])?;
    apt(&[&["download"], packages].concat()).map_err(|failure| {
        Failure::task(format!("{failure}: the compilers are those of Debian 12 (bookworm) and its security updates"))
    })
}

fn directory() -> PathBuf {
    process::root().join("target/machines")
}

fn create(directory: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(directory).map_err(|error| unreadable(directory, &error))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::task(format!("{}: {error}", path.display()))
}
