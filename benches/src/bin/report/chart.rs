//! The chart: decoding in two panels, one dot per candidate and shape, on a logarithmic scale.

use std::error::Error;
use std::path::Path;

use benches::floors;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use subject::decode;

use crate::rows::{Kind, Row};

const SIZE: (u32, u32) = (1120, 540);
const INK: RGBColor = RGBColor(0x33, 0x33, 0x33);
const PEER: RGBColor = RGBColor(0x9a, 0x9a, 0x9a);
const OURS: RGBColor = RGBColor(0xd5, 0x5e, 0x00);
const OWNED: RGBColor = RGBColor(0x00, 0x72, 0xb2);
const FONT: &str = "sans-serif";

/// Draws it.
pub(crate) fn draw(file: &Path, decoded: &[Row]) -> Result<(), Box<dyn Error>> {
    let root = SVGBackend::new(file, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let root =
        root.titled("Decoding an event stream, GB/s of input (logarithmic)", (FONT, 20).into_font().color(&INK))?;
    let (panels, legend) = root.split_vertically(SIZE.1 - 100);
    for (panel, (way, title)) in
        panels.split_evenly((1, 2)).iter().zip([("16384", "chunks of 16 KiB"), ("event", "one event a chunk")])
    {
        let rows: Vec<_> = decoded.iter().filter(|row| row.way == way).collect();
        draw_panel(panel, title, &rows)?;
    }
    draw_legend(&legend)?;
    root.present()?;
    Ok(())
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

fn draw_panel(area: &Area<'_>, title: &str, rows: &[&Row]) -> Result<(), Box<dyn Error>> {
    let count = rows.len() as f64;
    let mut chart = ChartBuilder::on(area)
        .caption(title, (FONT, 16).into_font().color(&INK))
        .margin(8)
        .margin_right(24)
        .x_label_area_size(24)
        .y_label_area_size(76)
        .build_cartesian_2d((0.02_f64..200.0).log_scale(), 0.0..count)?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .disable_y_axis()
        .y_labels(0)
        .x_labels(5)
        .light_line_style(RGBColor(0xf2, 0xf2, 0xf2))
        .bold_line_style(RGBColor(0xdd, 0xdd, 0xdd))
        .x_label_formatter(&|speed| format!("{speed}"))
        .label_style((FONT, 13).into_font().color(&INK))
        .draw()?;
    for (index, row) in rows.iter().enumerate() {
        let y = count - 0.5 - index as f64;
        let speed = |cost: f64| row.bytes as f64 / cost;
        let right = |size: i32, color: &RGBColor| {
            (FONT, size).into_font().color(color).pos(Pos::new(HPos::Right, VPos::Center)).into_text_style(area)
        };
        chart.plotting_area().draw(&(EmptyElement::at((0.02, y)) + Text::new(row.shape, (-8, 0), right(14, &INK))))?;
        chart.draw_series([PathElement::new([(0.02, y), (200.0, y)], RGBColor(0xee, 0xee, 0xee))])?;
        for (cost, color) in [(row.bound(), INK), (row.cost(floors::MEMCPY.name), PEER)] {
            if cost.is_finite() {
                let ends = [(speed(cost), y - 0.3), (speed(cost), y + 0.3)];
                chart.draw_series([PathElement::new(ends, color.stroke_width(2))])?;
            }
        }
        let peers = row.figures.iter().filter(|figure| figure.kind == Kind::Peer && figure.wrong.is_none());
        chart.draw_series(peers.map(|peer| Circle::new((speed(peer.cost), y), 3, PEER.filled())))?;
        chart.draw_series([Circle::new((speed(row.cost(decode::TOKIO.name)), y), 5, OWNED.filled())])?;
        chart.draw_series([Circle::new((speed(row.cost(decode::LENT.name)), y), 5, OURS.filled())])?;
        let ratio = format!("{:.1}×", row.ratio(decode::LENT.name));
        chart.plotting_area().draw(&(EmptyElement::at((200.0, y)) + Text::new(ratio, (16, 0), right(13, &OURS))))?;
    }
    Ok(())
}

fn draw_legend(area: &Area<'_>) -> Result<(), Box<dyn Error>> {
    let entries = [
        (OURS, "ours, lent as &str (times the fastest peer at the right)"),
        (OWNED, "ours, owned, through tokio"),
        (PEER, "a peer that is right on the input"),
    ];
    let style = (FONT, 14).into_font().color(&INK).pos(Pos::new(HPos::Left, VPos::Center)).into_text_style(area);
    for ((color, text), x) in entries.into_iter().zip([90, 520, 780]) {
        area.draw(&Circle::new((x, 14), 5, color.filled()))?;
        area.draw(&Text::new(text, (x + 12, 14), style.clone()))?;
    }
    for ((color, text), x) in [(INK, "bound: finding line ends and checking UTF-8, nothing else"), (PEER, "memcpy")]
        .into_iter()
        .zip([90, 520])
    {
        area.draw(&PathElement::new([(x, 32), (x, 48)], color.stroke_width(2)))?;
        area.draw(&Text::new(text, (x + 12, 40), style.clone()))?;
    }
    Ok(())
}
