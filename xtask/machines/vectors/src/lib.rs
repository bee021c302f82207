//! The project's vectors for machines without files, and the check of a decoder that has no allocator.
#![no_std]

use core::iter;

use sse_codec::{Decoder, Frame, Input};

/// One stream and what it must dispatch.
pub struct Case {
    /// `category/what`.
    pub name: &'static str,
    stream: &'static [u8],
    chunks: Option<&'static [usize]>,
    /// Type, data, last event ID.
    events: &'static [(&'static str, &'static str, &'static str)],
    comments: Option<&'static [&'static str]>,
    last_event_id: &'static str,
    /// In milliseconds; `None`: not checked.
    retry: Option<Option<u64>>,
}

/// All vectors.
pub static CASES: &[Case] = include!(concat!(env!("OUT_DIR"), "/cases.rs"));

/// A stream below this length is cut at every place.
const EVERY_SPLIT_BELOW: usize = 400;

/// Storage of a decoder, enough for any of the vectors.
pub struct Buffers {
    text: [u8; 8 * 1024],
    event_type: [u8; 8 * 1024],
    id: [u8; 16 * 1024],
}

impl Buffers {
    /// Nothing in it.
    pub const fn new() -> Self {
        Self { text: [0; 8 * 1024], event_type: [0; 8 * 1024], id: [0; 16 * 1024] }
    }
}

impl Default for Buffers {
    fn default() -> Self {
        Self::new()
    }
}

/// Decodes the stream in one piece, byte by byte, as it was recorded, and, if it is short, cut in two at every place;
/// each without comments and with. Says how often, or `None`: not as the case says.
pub fn check(case: &Case, buffers: &mut Buffers) -> Option<u32> {
    let len = case.stream.len();
    let mut runs = 0;
    for comments in [false, true] {
        let mut passes = |chunks: &mut dyn Iterator<Item = usize>| {
            runs += 1;
            passes(case, comments, chunks, buffers)
        };
        let recorded = case.chunks.unwrap_or_default().iter().copied();
        let mut all = passes(&mut iter::once(len)) && passes(&mut iter::repeat_n(1, len));
        all &= case.chunks.is_none() || passes(&mut { recorded });
        let cuts = if len < EVERY_SPLIT_BELOW { 0..=len } else { 0..=0 };
        if !all || !cuts.into_iter().all(|at| passes(&mut [at, len - at].into_iter())) {
            return None;
        }
    }
    Some(runs)
}

fn passes(case: &Case, comments: bool, chunks: &mut dyn Iterator<Item = usize>, buffers: &mut Buffers) -> bool {
    let Buffers { text, event_type, id } = buffers;
    let mut decoder = Decoder::in_slices(text, event_type, id).with_comments(comments);
    let mut events = case.events.iter();
    let expected = if comments { case.comments } else { Some([].as_slice()) };
    let mut texts = expected.map(|texts| texts.iter());
    let mut retry = None;
    let mut rest = case.stream;
    for len in chunks {
        let (chunk, behind) = rest.split_at(len);
        rest = behind;
        let mut input = Input::new(chunk);
        loop {
            let right = match decoder.decode(&mut input) {
                Ok(None) => break,
                Ok(Some(Frame::Event(event))) => {
                    events.next() == Some(&(event.event_type, event.data, event.last_event_id))
                }
                Ok(Some(Frame::Comment(text))) => texts.as_mut().is_none_or(|texts| texts.next() == Some(&text)),
                Ok(Some(Frame::Retry(time))) => {
                    retry = u64::try_from(time.as_millis()).ok();
                    true
                }
                Ok(Some(_)) | Err(_) => false,
            };
            if !right {
                return false;
            }
        }
    }
    events.next().is_none()
        && texts.is_none_or(|mut texts| texts.next().is_none())
        && decoder.last_event_id() == case.last_event_id
        && case.retry.is_none_or(|expected| expected == retry)
}
