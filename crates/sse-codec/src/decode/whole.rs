//! An event all of which is in the chunk, as most are. This is the fast half of the decoder.

use super::Decoder;
use super::state::InChunk;
use crate::field::{self, Field};
use crate::lines::Lines;
use crate::scratch::Scratch;

impl<B: Scratch> Decoder<B> {
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
            match field::parse_word(word)? {
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
