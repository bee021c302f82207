//! The report in Markdown.

use std::fmt::Write;

use benches::floors;
use subject::decode;
use subject::machine::Machine;

use crate::goals::{Limit, Verdict};
use crate::measure::ROUNDS;
use crate::rows::{Kind, Row, WAYS};

/// All of it.
pub(crate) fn report(
    machine: &Machine,
    verdicts: &[Verdict],
    decoded: &[Row],
    encoded: &[Row],
    counted: &[Row],
) -> String {
    let mut out = format!("# Decoding and encoding beside other crates, {}\n\n", machine.name);
    out += &format!(
        "Written by `cargo xtask bench --report`. {}\n\nEvery candidate gets the same chunks and has its turn in each of \
         {ROUNDS} rounds; a figure is the median. (Those that take a quarter of a second or more are measured once, and the one \
         under Node is a process of its own, with the median of nine passes.) Absolute numbers move with the machine and with what else runs on it: ratios in \
         one run are what counts.\n\n![Decoding in GB/s, by shape]({}.svg)\n\n",
        machine.describe(),
        machine.name
    );
    goals(&mut out, verdicts);
    out += &decoding(decoded);
    instructions(&mut out, counted);
    out + encoding(encoded).trim_end() + "\n"
}

/// The two tables of decoders.
pub(crate) fn decoding(rows: &[Row]) -> String {
    let mut out = "## Decoding: text, in GB/s of input\n\nOurs lends `&str`. No peer lends: theirs is owned text. `~` is \
                   wrong on this input and does not count as the fastest peer. The floors: line ends alone (as bit masks \
                   by the widest registers that ours uses; by memchr's search), UTF-8 validation alone, \
                   a copy, and a share of each chunk taken and given back.\n\n"
        .to_owned();
    for (way, rows) in by_way(rows) {
        _ = writeln!(out, "### {}\n", chunks(&way));
        table(&mut out, &rows, |name| name != decode::OWNED.name && name != decode::TOKIO.name);
        ratios(&mut out, &rows, &[decode::LENT.name]);
        bound(&mut out, &rows);
        faults(&mut out, &rows);
        out += "\n";
    }
    out += "## Decoding: owned events, in GB/s of input\n\nOurs over `Bytes`, from the decoder and as a `Stream` through the \
            tokio adapter. An event that lies in one chunk shares it and allocates nothing; a chunk of several takes \
            one allocation for all of them (counted by the tests of memory of both crates). The peers are those above.\n\n";
    for (way, rows) in by_way(rows) {
        _ = writeln!(out, "### {}\n", chunks(&way));
        table(&mut out, &rows, |name| name == decode::OWNED.name || name == decode::TOKIO.name);
        fastest(&mut out, &rows);
        ratios(&mut out, &rows, &[decode::OWNED.name, decode::TOKIO.name]);
        out += "\n";
    }
    out
}

/// The table of encoders.
pub(crate) fn encoding(rows: &[Row]) -> String {
    let mut out = "## Encoding, in GB/s of our output\n\nThe time of an event, as if each wrote the bytes that ours does. \
                   Crates that take their strings by value get them made beforehand, and drop them: they are compared with ours \
                   where it is given the same and drops the same. `write!` and `format!` are what \
                   people write by hand, which is right only for text without CR. *Slices* are `Bytes` around the data, \
                   which is shared.\n\n"
        .to_owned();
    for (way, rows) in by_way(rows) {
        let reused = way == WAYS[0];
        let title = if reused { "Into a buffer that is used again" } else { "Each event a value of its own" };
        _ = writeln!(out, "### {title}\n");
        table(&mut out, &rows, |_| true);
        line(&mut out, "ours: times the nearest peer that is given its strings in the same way", &rows, |row| {
            row.nearest_peer().map(|(_, ratio, _)| format!("**{ratio:.1}**"))
        });
        faults(&mut out, &rows);
        out += "\n";
    }
    out
}

/// What the figures with a `~` are wrong about.
fn faults(out: &mut String, rows: &[&Row]) {
    let mut lines = String::new();
    for row in rows {
        for figure in &row.figures {
            if let Some(wrong) = &figure.wrong {
                _ = writeln!(lines, "- ~ {}, {}: {wrong}", figure.name, row.shape);
            }
        }
    }
    if !lines.is_empty() {
        _ = write!(out, "\n{lines}");
    }
}

fn goals(out: &mut String, verdicts: &[Verdict]) {
    let missed = verdicts.iter().filter(|verdict| !verdict.is_met()).count();
    _ = writeln!(out, "## Goals\n\n{} of {} are met.\n", verdicts.len() - missed, verdicts.len());
    *out += "| goal | shape | at least | reached | limit | compared with | |\n| --- | --- | ---: | ---: | ---: | --- | --- |\n";
    for verdict in verdicts {
        let Verdict { goal, shape, floor, reached, limit, with } = verdict;
        let word = match (verdict.is_met(), limit) {
            (true, _) => "met",
            (false, Limit::Machine(limit)) if limit < floor => "missed, **out of reach**",
            (false, Limit::Design(limit)) if limit < floor => "missed, **out of reach of this design**",
            (false, _) => "**missed**",
        };
        let limit = if limit.value().is_nan() { String::new() } else { format!("{:.2}", limit.value()) };
        _ = writeln!(out, "| {goal} | {shape} | {floor:.1} | {reached:.2} | {limit} | {with} | {word} |");
    }
    *out += LIMITS;
}

/// What the column of that name says.
const LIMITS: &str = "
The limit is what the same comparison gives for the parts that cannot be left out, each measured alone in the same run. Where
less than a hundred bytes are looked at, the parts are a few nanoseconds, and what is reached may lie a little above it.

- text: finding the line ends, by the faster of two ways; and, where an event is cut (*big* in 16 KiB chunks) or has many
  lines (*multi*), copying it once;
- owned events: our own decoder when it lends, a share of each chunk, taken by who reads it, and a share given back for each
  event: one atomic operation each. So this is a limit of the design, and not of the machine. One event a chunk has both
  operations, which cost about as much as the allocation and the copy of a small string that peers make instead. Keeping
  small events inside of the owned value was tried: the smallest gained a sixth, and the larger ones lost as much, since
  every value that is moved became larger;
- encoding: copying the data, and dropping the strings where they are given away.

Two goals are no ratios. *No allocation for an owned event that lies in one chunk*: met where it is alone in its chunk; the
events of a chunk of several take one allocation together, which is their count. *Large payloads as slices without any
copy*: met, by `EventBlock::encode_around`. Both are counted by the tests of memory of `sse-codec` and `sse-tokio`.

What is missed is looked at more closely in [profile.md](profile.md).

";

fn chunks(way: &str) -> String {
    match way {
        "event" => "One event a chunk".to_owned(),
        "1" => "One byte a chunk".to_owned(),
        bytes => format!("Chunks of {bytes} bytes"),
    }
}

/// Rows of the same cut or way together, in the order in which they were measured.
fn by_way(rows: &[Row]) -> Vec<(String, Vec<&Row>)> {
    let mut groups: Vec<(String, Vec<&Row>)> = Vec::new();
    for row in rows {
        match groups.iter_mut().find(|(way, _)| *way == row.way) {
            Some((_, group)) => group.push(row),
            None => groups.push((row.way.clone(), vec![row])),
        }
    }
    groups
}

fn table(out: &mut String, rows: &[&Row], shown: impl Fn(&str) -> bool) {
    header(out, rows);
    let Some(first) = rows.first() else { return };
    for figure in first.figures.iter().filter(|figure| shown(figure.name)) {
        let name = if figure.kind == Kind::Ours { format!("**{}**", figure.name) } else { figure.name.to_owned() };
        line(out, &name, rows, |row| {
            let figure = row.figure(figure.name)?;
            let wrong = if figure.wrong.is_some() { "~" } else { "" };
            Some(format!("{wrong}{}", speed(row.bytes as f64 / figure.cost)))
        });
    }
}

fn header(out: &mut String, rows: &[&Row]) {
    line(out, "", rows, |row| Some(row.shape.to_owned()));
    _ = writeln!(out, "| --- |{}", " ---: |".repeat(rows.len()));
}

fn ratios(out: &mut String, rows: &[&Row], ours: &[&str]) {
    for name in ours {
        let title = format!("{name}: times the fastest peer");
        line(out, &title, rows, |row| Some(format!("**{:.1}**", row.ratio(name))));
    }
}

fn fastest(out: &mut String, rows: &[&Row]) {
    line(out, "fastest peer", rows, |row| {
        let peer = row.fastest_peer()?;
        Some(format!("{} ({})", speed(row.bytes as f64 / peer.cost), peer.name))
    });
}

fn bound(out: &mut String, rows: &[&Row]) {
    line(out, "ours, lent: part of the bound (line ends + UTF-8)", rows, |row| {
        row.figure(floors::UTF8.name)?;
        Some(format!("{:.2}", row.bound() / row.cost(decode::LENT.name)))
    });
}

fn instructions(out: &mut String, rows: &[Row]) {
    *out += "## Decoding: instructions per event (and per byte), one event a chunk\n\n";
    if rows.is_empty() {
        *out += "Not counted: valgrind is missing.\n\n";
        return;
    }
    *out += "By callgrind. What ours may cost is a gate, `cargo xtask bench --instructions`, which counts it in a program \
             without peers: the compiler inlines differently there, and an event takes some fifty more.\n\n";
    let rows: Vec<_> = rows.iter().collect();
    header(out, &rows);
    for figure in &rows[0].figures {
        let name = if figure.kind == Kind::Ours { format!("**{}**", figure.name) } else { figure.name.to_owned() };
        line(out, &name, &rows, |row| {
            let figure = row.figure(figure.name)?;
            let (event, byte) = (figure.cost / row.events as f64, figure.cost / row.bytes as f64);
            Some(format!("{}{event:.0} ({byte:.2})", if figure.wrong.is_some() { "~" } else { "" }))
        });
    }
    *out += "\n";
}

fn line(out: &mut String, name: &str, rows: &[&Row], cell: impl Fn(&Row) -> Option<String>) {
    let cells: Vec<_> = rows.iter().map(|row| cell(row).unwrap_or_else(|| "–".to_owned())).collect();
    _ = writeln!(out, "| {name} | {} |", cells.join(" | "));
}

/// Three digits that mean something.
fn speed(gigabytes: f64) -> String {
    match gigabytes {
        _ if gigabytes.is_nan() => "–".to_owned(),
        10.0.. => format!("{gigabytes:.0}"),
        1.0.. => format!("{gigabytes:.1}"),
        0.1.. => format!("{gigabytes:.2}"),
        0.001.. => format!("{gigabytes:.3}"),
        _ => format!("{gigabytes:.1e}"),
    }
}
