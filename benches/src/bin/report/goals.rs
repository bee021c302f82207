//! What the codec is to reach, and whether it does.

use benches::encoders;
use subject::{decode, encode};

use crate::rows::{Row, WAYS};

/// One goal and what became of it.
pub(crate) struct Verdict {
    pub(crate) goal: String,
    pub(crate) shape: &'static str,
    pub(crate) floor: f64,
    pub(crate) reached: f64,
    /// What can be reached, as far as it has been measured.
    pub(crate) limit: Limit,
    /// Compared with whom.
    pub(crate) with: String,
}

/// What the parts give that cannot be left out.
#[derive(Clone, Copy)]
pub(crate) enum Limit {
    /// By nobody on this machine.
    Machine(f64),
    /// By who decodes and shares as ours does.
    Design(f64),
    /// The goal is a part of it.
    None,
}

impl Limit {
    pub(crate) fn value(self) -> f64 {
        match self {
            Self::Machine(value) | Self::Design(value) => value,
            Self::None => f64::NAN,
        }
    }
}

impl Verdict {
    pub(crate) fn is_met(&self) -> bool {
        self.reached >= self.floor
    }
}

/// Every goal, on the shapes that it names.
pub(crate) fn verdicts(decoded: &[Row], encoded: &[Row]) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    let large = "16384";
    let lending = |row: &Row| Limit::Machine(row.limit_of_lending());
    let sharing = |row: &Row| Limit::Design(row.limit_of_sharing());
    let lent = decode::LENT.name;
    against_peers(&mut verdicts, "decode to `&str`, 16 KiB chunks", decoded, large, lent, 2.5, lending);
    let mean = |of: fn(&Verdict) -> f64| {
        (verdicts.iter().map(|verdict| of(verdict).ln()).sum::<f64>() / verdicts.len() as f64).exp()
    };
    let (reached, limit) = (mean(|verdict| verdict.reached), mean(|verdict| verdict.limit.value()));
    verdicts.push(Verdict {
        goal: "the same, geometric mean".to_owned(),
        shape: "all",
        floor: 4.0,
        reached,
        limit: Limit::Machine(limit),
        with: "the fastest peer of each".to_owned(),
    });
    for row in decoded.iter().filter(|row| row.way == large && matches!(row.shape, "openai" | "big")) {
        verdicts.push(Verdict {
            goal: "the same, of the bound".to_owned(),
            shape: row.shape,
            floor: 0.5,
            reached: row.bound() / row.cost(decode::LENT.name),
            limit: Limit::None,
            with: "line ends + UTF-8".to_owned(),
        });
    }
    against_peers(&mut verdicts, "decode to `&str`, one event a chunk", decoded, "event", lent, 2.0, lending);
    let tokio = decode::TOKIO.name;
    against_peers(&mut verdicts, "owned events by tokio, 16 KiB chunks", decoded, large, tokio, 2.0, sharing);
    against_peers(&mut verdicts, "owned events by tokio, one event a chunk", decoded, "event", tokio, 2.0, sharing);
    for (way, goal, floor) in [(WAYS[0], "encode, reused buffer", 2.0), (WAYS[1], "encode, fresh `Bytes`", 1.5)] {
        for row in encoded.iter().filter(|row| row.way == way) {
            let (with, reached, limit) = row.nearest_peer().unwrap_or(("nobody", f64::NAN, f64::NAN));
            let (goal, limit) = (goal.to_owned(), Limit::Machine(limit));
            verdicts.push(Verdict { goal, shape: row.shape, floor, reached, limit, with: with.to_owned() });
        }
    }
    for (way, ours) in WAYS.into_iter().zip([encode::REUSED.name, encode::FRESH.name]) {
        for row in encoded.iter().filter(|row| row.way == way && row.shape == "big") {
            verdicts.push(Verdict {
                goal: format!("encode, {way}, of memcpy"),
                shape: row.shape,
                floor: 0.9,
                reached: row.cost(encoders::MEMCPY) / row.cost(ours),
                limit: Limit::Machine(1.0),
                with: encoders::MEMCPY.to_owned(),
            });
        }
    }
    verdicts
}

fn against_peers(
    verdicts: &mut Vec<Verdict>,
    goal: &str,
    rows: &[Row],
    way: &str,
    ours: &str,
    floor: f64,
    limit: impl Fn(&Row) -> Limit,
) {
    for row in rows.iter().filter(|row| row.way == way) {
        verdicts.push(Verdict {
            goal: goal.to_owned(),
            shape: row.shape,
            floor,
            reached: row.ratio(ours),
            limit: limit(row),
            with: row.fastest_peer().map_or("nobody", |peer| peer.name).to_owned(),
        });
    }
}
