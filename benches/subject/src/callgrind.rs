//! Counting instructions: a program that runs itself under callgrind and reads the counts.
//!
//! The inner run calls [`counted`] once per case; callgrind collects inside of it alone and writes one part each time
//! it returns. One start of valgrind counts any number of cases.

use std::fs;
use std::hint::black_box;
use std::process::{Command, Stdio};

/// The argument by which a program knows that it is the inner run.
pub const INNER: &str = "--counted";

/// What callgrind calls [`counted`].
macro_rules! counted {
    () => {
        "subject::callgrind::counted"
    };
}

/// Runs the work where callgrind counts.
#[inline(never)]
pub fn counted(work: &mut dyn FnMut()) {
    work();
    // Not the last call: a jump instead of a return would not end the count.
    black_box(());
}

/// What the inner run counted, in the order of its calls of [`counted`].
///
/// # Errors
///
/// Valgrind cannot be run, or the inner run failed.
pub fn count() -> Result<Vec<u64>, String> {
    let program = std::env::current_exe().map_err(|error| format!("where is this program? {error}"))?;
    let directory = std::env::temp_dir().join(format!("instructions-{}", std::process::id()));
    fs::create_dir_all(&directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    let out = directory.join("part");
    let mut command = Command::new("valgrind");
    command
        .args(["--tool=callgrind", "--quiet", "--collect-atstart=no", "--combine-dumps=no"])
        .args([concat!("--toggle-collect=", counted!()), concat!("--dump-after=", counted!())])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(program)
        .arg(INNER)
        .stdout(Stdio::null());
    let result = command.status().map_err(|error| format!("cannot run valgrind: {error}")).and_then(|status| {
        let parts = (1..).map(|part| fs::read_to_string(directory.join(format!("part.{part}"))));
        let counts: Vec<_> = parts.map_while(Result::ok).map(|part| total(&part)).collect();
        if status.success() { Ok(counts) } else { Err(format!("valgrind: {status}")) }
    });
    // What is left behind in the temporary directory harms nobody.
    let _ = fs::remove_dir_all(&directory);
    result
}

/// The instructions of one part.
fn total(part: &str) -> u64 {
    let line = part.lines().find_map(|line| line.strip_prefix("totals:").or_else(|| line.strip_prefix("summary:")));
    line.and_then(|count| count.trim().parse().ok()).unwrap_or(0)
}

/// What changes the count: what this processor can do, and which version of the codec's scan was built, if it was not left
/// to choose. Valgrind knows no AVX-512 and says so to whoever asks.
pub fn processor() -> String {
    #[cfg(target_arch = "x86_64")]
    let features = if is_x86_feature_detected!("avx2") { "-avx2" } else { "" };
    #[cfg(not(target_arch = "x86_64"))]
    let features = "";
    let scan = match () {
        () if cfg!(sse_codec_scan = "baseline") => "-baseline",
        () if cfg!(sse_codec_scan = "words") => "-words",
        () => "",
    };
    format!("{}{features}{scan}", std::env::consts::ARCH)
}

/// The first line of what a command prints, or that it is not known.
pub fn version(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).stderr(Stdio::null()).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    text.lines().next().filter(|line| !line.is_empty()).unwrap_or("unknown").to_owned()
}
