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
    /// Takes an event all of which is in the chunk, one that is nothing unusual: no second line of data, nothing to be
    /// told before its end, valid text, far from the limit. Returns its data. `None`: what comes is not like that, or
    /// not all there; the lines before it are taken, and in `event`.
    #[inline(always)]
    pub(crate) fn whole_event<'i>(&self, lines: &mut Lines<'i, '_>, event: &mut InChunk<'i>) -> Option<&'i str> {
        let word = self.first_word(lines)?;
        let at = field::data(word).or_else(|| self.other_lines(lines, word, event));
        let data = at.and_then(|at| lines.next_lone(at));
        lines.save();
        data
    }

    /// The same for who has much less to do for data alone, and so has it told apart first.
    #[cfg(feature = "bytes")]
    #[inline(always)]
    pub(crate) fn whole<'i>(&self, lines: &mut Lines<'i, '_>, event: &mut InChunk<'i>) -> Whole<'i> {
        let Some(word) = self.first_word(lines) else { return Whole::No };
        if let Some(at) = field::data(word) {
            let data = lines.next_lone(at);
            lines.save();
            return data.map_or(Whole::No, Whole::Data);
        }
        let data = self.other_lines(lines, word, event).and_then(|at| lines.next_lone(at));
        lines.save();
        data.map_or(Whole::No, Whole::Event)
    }

    /// What the next line begins with.
    #[inline(always)]
    fn first_word<'i>(&self, lines: &Lines<'i, '_>) -> Option<&'i [u8; 8]> {
        if lines.remaining() <= self.max_event_bytes { lines.word() } else { None }
    }

    /// Takes the lines before the data, and says where the value of its line begins.
    #[inline(always)]
    fn other_lines<'i>(
        &self,
        lines: &mut Lines<'i, '_>,
        mut word: &'i [u8; 8],
        event: &mut InChunk<'i>,
    ) -> Option<usize> {
        loop {
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
            word = lines.word()?;
            if let Some(at) = field::data(word) {
                return Some(at);
            }
        }
    }
}
