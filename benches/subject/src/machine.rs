//! What it was measured on.

use crate::callgrind::version;

/// The machine that a report was made on.
pub struct Machine {
    /// Its architecture, as Rust calls it, and who makes the processor, if that is known: what two of them do alike is not
    /// the same.
    pub name: String,
    processor: String,
    cores: usize,
    system: String,
    rustc: String,
    node: String,
    date: String,
    commit: String,
}

impl Machine {
    /// This one.
    #[must_use]
    pub fn this() -> Self {
        let read = |file: &str| std::fs::read_to_string(file).unwrap_or_default();
        let field = |file: &str, name: &str, separator: char| {
            let text = read(file);
            let line = text.lines().find(|line| line.starts_with(name)).and_then(|line| line.split_once(separator));
            line.map_or("unknown".to_owned(), |(_, value)| value.trim().trim_matches('"').to_owned())
        };
        let cpuinfo = "/proc/cpuinfo";
        let (model, number) = (field(cpuinfo, "model name", ':'), field(cpuinfo, "model\t", ':'));
        let flags = field(cpuinfo, "flags", ':');
        let known = ["avx2", "avx512bw"].into_iter().filter(|known| flags.split(' ').any(|flag| flag == *known));
        let features = known.collect::<Vec<_>>().join(", ");
        let shared = if flags.split(' ').any(|flag| flag == "hypervisor") { ", a shared VM" } else { "" };
        let maker = match field(cpuinfo, "vendor_id", ':').as_str() {
            "GenuineIntel" => "-intel",
            "AuthenticAMD" => "-amd",
            _ => "",
        };
        Self {
            name: format!("{}{maker}", std::env::consts::ARCH),
            processor: format!("{model} (model {number}; {features}{shared})"),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            system: format!(
                "{}, Linux {}",
                field("/etc/os-release", "PRETTY_NAME", '='),
                release(&version("uname", &["-r"]))
            ),
            rustc: version("rustc", &["--version"]),
            node: version("node", &["--version"]),
            date: version("date", &["+%Y-%m-%d"]),
            commit: commit(),
        }
    }

    /// A sentence that says what it is and when it was.
    #[must_use]
    pub fn describe(&self) -> String {
        let Self { processor, cores, system, rustc, node, date, commit, .. } = self;
        format!(
            "Measured on {date}, commit {commit}: {processor}, {cores} cores, {system}, {rustc} (release, fat LTO, no target-cpu), Node {node}."
        )
    }
}

/// The first two numbers: what is behind them is one machine's own.
fn release(version: &str) -> String {
    version.split('.').take(2).collect::<Vec<_>>().join(".")
}

/// The commit that is checked out, and whether anything but a report differs from it.
fn commit() -> String {
    let changed = version("git", &["status", "--porcelain", "--", ":/", ":!/benches/results"]) != "unknown";
    format!("{}{}", version("git", &["describe", "--always"]), if changed { "-dirty" } else { "" })
}
