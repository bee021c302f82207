//! `cargo xtask mutants`: whether the tests notice when the code is changed, by cargo-mutants.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::Path;
use std::{fs, io};

use crate::failure::Failure;
use crate::process::{cargo, root, succeeds};
use crate::{Command, process};

pub(crate) const COMMAND: Command = Command {
    name: "mutants",
    about: "Changes the code of the no_std crates and expects their tests to fail",
    help: "\
Usage: cargo xtask mutants [CRATE] [-- ARGS]

CRATE is sse-codec or sse-client; both by default. Each mutant (a comparison turned round, a function
that does nothing, ...) is built and tested in a copy of the checkout: by the crate's own tests with few
random cases, and, if these do not notice it, by all tests that are about the crate. Installs
cargo-mutants if it is missing.

A mutant that no test notices must stand in xtask/mutants.txt, which says why none can. The command
fails if another one survives, if one that is listed is noticed now or is no more, or if there was
nothing to change. A mutant that never ends is noticed by the time it takes, and one that does not
compile is none.

Made for an x86-64 with AVX2: scan/neon.rs is for another processor and is left out, as is scan/check.rs,
which is a test.

Takes some ten minutes for sse-client and some two hours for sse-codec on two cores with nothing else to
do, which is why it is no step of `cargo xtask ci`. What happened in detail lies in target/mutants/CRATE.

  ARGS  cargo-mutants' own, such as `--file scan.rs`, `--re NAME`, `--jobs 2`. They may leave mutants out, so that
        only survivors are compared with the list.",
    run,
};

/// A crate, and how its mutants are tested.
struct Subject {
    name: &'static str,
    /// Features that all of its code takes.
    features: &'static [&'static str],
    /// Files without code for these tests.
    left_out: &'static [&'static str],
    /// The packages whose tests are about it.
    tests: &'static [&'static str],
}

/// The mutants that no test can notice.
const LIST: &str = include_str!("../mutants.txt");

const SUBJECTS: [Subject; 2] = [
    Subject {
        name: "sse-codec",
        // Else nobody asks the processor for AVX2.
        features: &["sse-codec/std"],
        // For another processor; a test.
        left_out: &["**/scan/neon.rs", "**/scan/check.rs"],
        tests: &["sse-codec", "sse-conformance"],
    },
    Subject { name: "sse-client", features: &[], left_out: &[], tests: &["sse-client"] },
];

/// What else there is for the compiler and the tests to know.
const VARIABLES: [(&str, &str); 3] = [
    // Nobody debugs a mutant.
    ("CARGO_PROFILE_DEV_DEBUG", "0"),
    // The same random tests for all mutants and in each run: what is noticed once is noticed again,
    ("PROPTEST_RNG_SEED", "1"),
    // and not by what an earlier mutant failed at.
    ("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "true"),
];

fn run(args: &[String]) -> Result<(), Failure> {
    let (ours, theirs) = match args.iter().position(|arg| arg == "--") {
        Some(at) => (&args[..at], &args[at + 1..]),
        None => (args, &[][..]),
    };
    let names = SUBJECTS.map(|subject| subject.name);
    let subjects: Vec<_> = match ours {
        [] => SUBJECTS.iter().collect(),
        [name] => SUBJECTS.iter().filter(|subject| subject.name == name).collect(),
        _ => return Err(Failure::usage(format!("one crate or all of them: {}", names.join(", ")))),
    };
    if subjects.is_empty() {
        return Err(Failure::usage(format!("no mutants of `{}`; there are: {}", ours.join(" "), names.join(", "))));
    }
    let excused =
        excused(LIST).map_err(|name| Failure::task(format!("xtask/mutants.txt gives no reason for `{name}`")))?;
    if !succeeds(&mut cargo(&["mutants", "--version"])) {
        process::run(&mut cargo(&["install", "--locked", "cargo-mutants"]))?;
    }
    let mut complaints = Vec::new();
    let mut report = String::new();
    for subject in subjects {
        let outcome = subject.mutate(theirs)?;
        report.push_str(&format!("{}: {}\n", subject.name, outcome.summary()));
        let prefix = format!("crates/{}/", subject.name);
        let excused: Vec<_> = excused.iter().filter(|name| name.starts_with(&prefix)).copied().collect();
        complaints.extend(outcome.complaints(&excused, theirs.is_empty()));
    }
    eprint!("\n{report}");
    if complaints.is_empty() {
        return Ok(());
    }
    Err(Failure::task(format!("not as xtask/mutants.txt has it:\n  {}", complaints.join("\n  "))))
}

impl Subject {
    /// Runs cargo-mutants twice: most mutants are noticed at once, and only the others are worth all the tests.
    fn mutate(&self, args: &[String]) -> Result<Outcome, Failure> {
        let output = root().join("target/mutants").join(self.name);
        // What an earlier run found must not be taken for this one's.
        match fs::remove_dir_all(&output) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(inaccessible(&output, &error)),
            _ => {}
        }
        fs::create_dir_all(&output).map_err(|error| inaccessible(&output, &error))?;

        eprintln!("\n== {}, quickly", self.name);
        let mut quickly = self.command(&output);
        // No examples of the documentation, few random cases.
        quickly.args(["--minimum-test-timeout", "60", "--test-package", self.name, "--cargo-arg", "--tests"]);
        let first = outcome(quickly.args(args).env("PROPTEST_CASES", "64"), &output)?;
        if first.missed.is_empty() {
            return Ok(first);
        }

        eprintln!("\n== {}, thoroughly", self.name);
        // Only those that were missed. What never ended is not to be tried again.
        let mutants = output.join("mutants.out");
        fs::copy(mutants.join("timeout.txt"), mutants.join("previously_caught.txt"))
            .map_err(|error| inaccessible(&mutants, &error))?;
        let mut thoroughly = self.command(&output);
        // Hardly any is left that never ends: patience costs nothing, and a busy machine needs it.
        thoroughly.args(["--iterate", "--minimum-test-timeout", "300"]);
        thoroughly.args(self.tests.iter().flat_map(|package| ["--test-package", package]));
        Ok(first.followed_by(outcome(thoroughly.args(args), &output)?))
    }

    fn command(&self, output: &Path) -> std::process::Command {
        let mut command = cargo(&["mutants", "--package", self.name]);
        command.args(self.features.iter().flat_map(|feature| ["--features", feature]));
        command.args(self.left_out.iter().flat_map(|file| ["--exclude", file]));
        command.arg("--output").arg(output).envs(VARIABLES);
        command
    }
}

/// Runs cargo-mutants.
fn outcome(command: &mut std::process::Command, output: &Path) -> Result<Outcome, Failure> {
    let status = command.status().map_err(|error| Failure::task(format!("cannot run cargo mutants: {error}")))?;
    // 2 and 3 say that some were missed or ran out of time, which is for the list to judge.
    if !matches!(status.code(), Some(0 | 2 | 3)) {
        return Err(Failure::task(format!("cargo mutants did not come to its end: {status}")));
    }
    let names = |file: &str| names(&output.join("mutants.out").join(file));
    Ok(Outcome { caught: names("caught.txt")?, timed_out: names("timeout.txt")?, missed: names("missed.txt")? })
}

/// What became of the mutants of a crate, by their names.
struct Outcome {
    caught: Vec<String>,
    timed_out: Vec<String>,
    missed: Vec<String>,
}

impl Outcome {
    /// With what more tests said of those that were missed.
    fn followed_by(mut self, more: Self) -> Self {
        self.caught.extend(more.caught);
        self.timed_out.extend(more.timed_out);
        Self { missed: more.missed, ..self }
    }

    fn summary(&self) -> String {
        let (caught, timed_out, missed) = (self.caught.len(), self.timed_out.len(), self.missed.len());
        let all = caught + timed_out + missed;
        format!("{all} mutants, {caught} noticed by a test, {timed_out} by their time, {missed} not")
    }

    /// Where this differs from what is excused. Only of `all` mutants can it be said which are no more.
    ///
    /// A function may have several mutants of one name; as many of them as survive must be excused.
    fn complaints(&self, excused: &[&str], all: bool) -> Vec<String> {
        let tested = self.caught.iter().chain(&self.timed_out);
        let tested: BTreeSet<_> = tested.map(String::as_str).collect();
        let missed = self.missed.iter().map(String::as_str);
        let mut complaints = Vec::new();
        if tested.is_empty() && self.missed.is_empty() {
            complaints.push("nothing was mutated".to_owned());
        }
        let names: BTreeSet<_> = missed.clone().chain(excused.iter().copied()).collect();
        for name in names {
            let survived = missed.clone().filter(|missed| *missed == name).count();
            let listed = excused.iter().filter(|excused| **excused == name).count();
            if survived > listed {
                complaints.extend(vec![format!("no test notices {name}"); survived - listed]);
            } else if survived < listed && all {
                let what = if tested.contains(name) { "is noticed now" } else { "is no mutant any more" };
                complaints.push(format!("{what}: {name}"));
            }
        }
        complaints
    }
}

/// The mutants of the list: a line each, below a comment that gives the reason. A blank line ends a reason's mutants.
///
/// # Errors
/// A line without a reason.
fn excused(list: &str) -> Result<Vec<&str>, &str> {
    let mut has_reason = false;
    let mut names = Vec::new();
    for line in list.lines().map(str::trim) {
        match line {
            "" => has_reason = false,
            comment if comment.starts_with('#') => has_reason = true,
            name if has_reason => names.push(name),
            name => return Err(name),
        }
    }
    Ok(names)
}

/// A mutant's name without line and column, which move with any change of the file:
/// `src/a.rs:12:5: replace a with b` is `src/a.rs: replace a with b`.
fn without_position(name: &str) -> String {
    let (place, change) = name.split_once(": ").unwrap_or((name, ""));
    let file = place.split(':').next().unwrap_or(place);
    format!("{file}: {change}")
}

/// The names in a file of cargo-mutants.
fn names(file: &Path) -> Result<Vec<String>, Failure> {
    let text = fs::read_to_string(file).map_err(|error| inaccessible(file, &error))?;
    Ok(text.lines().map(without_position).collect())
}

fn inaccessible(path: &Path, error: &io::Error) -> Failure {
    Failure::task(format!("no access to {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::{LIST, Outcome, SUBJECTS, excused, without_position};

    fn outcome(caught: &[&str], timed_out: &[&str], missed: &[&str]) -> Outcome {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Outcome { caught: names(caught), timed_out: names(timed_out), missed: names(missed) }
    }

    #[test]
    fn a_survivor_must_be_listed() {
        assert_eq!(outcome(&["a"], &["b"], &[]).complaints(&[], true), [""; 0]);
        assert_eq!(outcome(&["a"], &[], &["b"]).complaints(&["b"], true), [""; 0]);
        assert_eq!(outcome(&["a"], &[], &["b"]).complaints(&[], true), ["no test notices b"]);
        // As often as it survives.
        assert_eq!(outcome(&[], &[], &["b", "b"]).complaints(&["b"], false), ["no test notices b"]);
        assert_eq!(outcome(&[], &[], &["b", "b"]).complaints(&["b", "b"], true), [""; 0]);
    }

    #[test]
    fn what_is_listed_must_survive() {
        assert_eq!(outcome(&["a"], &[], &[]).complaints(&["a"], true), ["is noticed now: a"]);
        assert_eq!(outcome(&[], &["a"], &[]).complaints(&["a"], true), ["is noticed now: a"]);
        assert_eq!(outcome(&["a"], &[], &[]).complaints(&["b"], true), ["is no mutant any more: b"]);
        assert_eq!(outcome(&["a"], &[], &["a"]).complaints(&["a", "a"], true), ["is noticed now: a"]);
        // If some were left out, nothing is known of them.
        assert_eq!(outcome(&["a"], &[], &[]).complaints(&["a", "b"], false), [""; 0]);
    }

    #[test]
    fn more_tests_have_the_last_word_on_what_was_missed() {
        let outcome = outcome(&["a"], &["b"], &["c", "d", "e"]).followed_by(outcome(&["c"], &["d"], &["e"]));
        assert_eq!(outcome.summary(), "5 mutants, 2 noticed by a test, 2 by their time, 1 not");
    }

    #[test]
    fn nothing_to_change_is_a_failure() {
        assert_eq!(outcome(&[], &[], &[]).complaints(&[], false), ["nothing was mutated"]);
    }

    #[test]
    fn each_of_the_list_has_a_reason() {
        assert_eq!(excused("# why\na\nb\n\n# why not\n# indeed\nc\n"), Ok(vec!["a", "b", "c"]));
        assert_eq!(excused("# why\na\n\nb\n"), Err("b"));
        assert_eq!(excused("a\n"), Err("a"));
    }

    #[test]
    fn the_list_is_of_the_crates_that_are_mutated() {
        let names = excused(LIST);
        let is_of_a_subject =
            |name: &&str| SUBJECTS.iter().any(|subject| name.starts_with(&format!("crates/{}/src/", subject.name)));
        assert!(names.as_ref().is_ok_and(|names| names.iter().all(is_of_a_subject)), "{names:?}");
    }

    #[test]
    fn positions_are_no_part_of_a_name() {
        let name = "crates/a/src/b.rs:12:5: replace == with != in B::c";
        assert_eq!(without_position(name), "crates/a/src/b.rs: replace == with != in B::c");
        let name = "src/b.rs:1:2: replace b -> &str with \"x: y\"";
        assert_eq!(without_position(name), "src/b.rs: replace b -> &str with \"x: y\"");
    }
}
