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
    /// What can be reached on this machine, as far as it has been measured.
    pub(crate) limit: Option<f64>,
    /// Compared with whom.
    pub(crate) with: String,
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
    let (lending, sharing) = (Row::limit_of_lending, Row::limit_of_sharing);
    let copying = |row: &Row| row.ratio(encoders::MEMCPY_REUSED.name);
    let lent = decode::LENT.name;
    against_peers(&mut verdicts, "decode to `&str`, 16 KiB chunks", decoded, large, lent, 2.5, lending);
    let mean = |of: fn(&Verdict) -> f64| {
        (verdicts.iter().map(|verdict| of(verdict).ln()).sum::<f64>() / verdicts.len() as f64).exp()
    };
    let (reached, limit) = (mean(|verdict| verdict.reached), mean(|verdict| verdict.limit.unwrap_or(f64::NAN)));
    verdicts.push(Verdict {
        goal: "the same, geometric mean".to_owned(),
        shape: "all",
        floor: 4.0,
        reached,
        limit: Some(limit),
        with: "the fastest peer of each".to_owned(),
    });
    for row in decoded.iter().filter(|row| row.way == large && matches!(row.shape, "openai" | "big")) {
        verdicts.push(Verdict {
            goal: "the same, of the bound".to_owned(),
            shape: row.shape,
            floor: 0.5,
            reached: row.bound() / row.cost(decode::LENT.name),
            limit: None,
            with: "line ends + UTF-8".to_owned(),
        });
    }
    against_peers(&mut verdicts, "decode to `&str`, one event a chunk", decoded, "event", lent, 2.0, lending);
    let tokio = decode::TOKIO.name;
    against_peers(&mut verdicts, "owned events by tokio, 16 KiB chunks", decoded, large, tokio, 2.0, sharing);
    against_peers(&mut verdicts, "owned events by tokio, one event a chunk", decoded, "event", tokio, 2.0, sharing);
    against_peers(&mut verdicts, "encode, reused buffer", encoded, WAYS[0], encode::REUSED.name, 2.0, copying);
    against_peers(&mut verdicts, "encode, fresh `Bytes`", encoded, WAYS[1], encode::FRESH.name, 1.5, copying);
    for (way, ours) in WAYS.into_iter().zip([encode::REUSED.name, encode::FRESH.name]) {
        for row in encoded.iter().filter(|row| row.way == way && row.shape == "big") {
            verdicts.push(Verdict {
                goal: format!("encode, {way}, of memcpy"),
                shape: row.shape,
                floor: 0.9,
                reached: row.cost(encoders::MEMCPY_REUSED.name) / row.cost(ours),
                limit: Some(1.0),
                with: "memcpy of the data".to_owned(),
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
    limit: impl Fn(&Row) -> f64,
) {
    for row in rows.iter().filter(|row| row.way == way) {
        verdicts.push(Verdict {
            goal: goal.to_owned(),
            shape: row.shape,
            floor,
            reached: row.ratio(ours),
            limit: Some(limit(row)),
            with: row.fastest_peer().map_or("nobody", |peer| peer.name).to_owned(),
        });
    }
}
