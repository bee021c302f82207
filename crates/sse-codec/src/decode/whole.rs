//! An event all of which is in the chunk, as most are. This is the fast half of the decoder.

use super::Decoder;
use super::state::InChunk;
use crate::field::{self, Field};
use crate::lines::Lines;
use crate::scratch::Scratch;

/// What comes next.
#[cfg(feature = "bytes")]
pub(crate) enum Whole<'i> {
    /// An event that is its data alone.
    Data(&'i str),
    /// Another one, with this data.
    Event(&'i str),
    /// Neither, or not all there.
    No,
}

impl<B: Scratch> Decoder<B> {
    /// [`whole_event`](Self::whole_event) for who has much less to do for data alone, and so looks for it first.
    #[cfg(feature = "bytes")]
    #[inline(always)]
    pub(crate) fn whole<'i>(&self, lines: &mut Lines<'i, '_>, event: &mut InChunk<'i>) -> Whole<'i> {
        match lines.word().and_then(field::data) {
            Some(at) if lines.remaining() <= self.max_event_bytes => {
                let data = lines.next_lone(at);
                lines.save();
                data.map_or(Whole::No, Whole::Data)
            }
            _ => self.whole_event(lines, event).map_or(Whole::No, Whole::Event),
        }
    }

    /// Takes an event all of which is in the chunk, one that is nothing unusual: no second line of data, nothing to be
    /// told before its end, valid text, far from the limit. Returns its data. `None`: what comes is not like that, or
    /// not all there; the lines before it are taken, and in `event`.
    #[inline(always)]
    pub(crate) fn whole_event<'i>(&self, lines: &mut Lines<'i, '_>, event: &mut InChunk<'i>) -> Option<&'i str> {
        let data = if lines.remaining() <= self.max_event_bytes { self.next_data(lines, event) } else { None };
        lines.save();
        data
    }

    #[inline(always)]
    fn next_data<'i>(&self, lines: &mut Lines<'i, '_>, event: &mut InChunk<'i>) -> Option<&'i str> {
        loop {
            let word = lines.word()?;
            if let Some(at) = field::data(word) {
                return lines.next_lone(at);
            }
            let line = lines.peek_line()?;
            match field::parse_word(u64::from_le_bytes(*word))? {
                (Field::Comment, _) if !self.comments => {}
                (Field::Blank, _) if event.is_empty() => {}
                (Field::EventType, at) => event.set_event_type(lines.text(line, at)?),
                (Field::Id, at) => event.set_id(lines.text(line, at).filter(|id| !id.as_bytes().contains(&0))?),
                _ => return None,
            }
            lines.take(line);
            // Comments are mostly there to keep the stream alive, each by itself.
            if event.is_empty() {
                lines.skip_blank();
            }
        }
    }
}
