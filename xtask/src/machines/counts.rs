//! What a program on another machine says of itself.

use std::collections::BTreeMap;

/// A word and a number in each line.
#[derive(Debug, Default)]
pub(super) struct Counts(BTreeMap<String, usize>);

impl Counts {
    pub(super) fn see(&mut self, line: &str) {
        if let Some((what, count)) = line.split_once(' ') {
            if let Ok(count) = count.parse() {
                self.0.insert(what.to_owned(), count);
            }
        }
    }

    /// 0 if nothing was said of it.
    pub(super) fn of(&self, what: &str) -> usize {
        self.0.get(what).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::Counts;

    #[test]
    fn reads_what_a_program_prints() {
        let mut counts = Counts::default();
        ["cases 315", "nothing", "utf8/two-bytes 1"].into_iter().for_each(|line| counts.see(line));
        assert_eq!((counts.of("cases"), counts.of("flash")), (315, 0));
    }
}
