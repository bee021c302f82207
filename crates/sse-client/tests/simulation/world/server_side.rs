//! What the server does, and what becomes of it on the way.

use std::cmp::Reverse;

use sse_client::End;

use super::{Arrival, Attempt, Due, World};
use crate::faults::Fault;
use crate::network::{Cut, Link, Parcel, delay, slow};
use crate::server::{Answer, Server};
use crate::terms::ms;

impl World<'_> {
    pub(super) fn answer(&mut self, number: usize) {
        let rng = &mut self.rng;
        let attempt = &mut self.attempts[number];
        let answer = self.server.answer(rng, &self.faults, &self.log, self.now, attempt.last_event_id.as_deref());
        self.story.tell(self.now, "server", || format!("answers {number}: {answer:?}"));
        attempt.answer = answer;
        if matches!(answer, Answer::Nothing) {
            return;
        }
        let time = if self.faults.strikes(rng, Fault::SlowHead) { slow(rng) } else { delay(rng) };
        let head = self.now + time;
        self.schedule(head, Due::Client(number, Arrival::Head));
        if let Answer::Stream { from, events } = answer {
            let cut = self.roll_cut(number);
            let attempt = &mut self.attempts[number];
            attempt.stream = self.server.begin(&mut self.rng, &self.log, from);
            attempt.link = Link::new(head, cut);
            (attempt.next, attempt.events, attempt.is_served) = (from, events, true);
            if let Some(time) = self.server.keep_alive {
                self.schedule(self.now + time, Due::KeepAlive(number));
            }
            self.serve(number);
        }
    }

    /// How the connection will break, if it will: behind some byte, or at some time.
    fn roll_cut(&mut self, number: usize) -> Option<(usize, Cut)> {
        let rng = &mut self.rng;
        let kinds = [(Fault::Reset, Cut::Reset), (Fault::Eof, Cut::Eof), (Fault::HalfOpen, Cut::HalfOpen)];
        let (_, cut) = kinds.into_iter().find(|(fault, _)| self.faults.strikes(rng, *fault))?;
        if rng.u8(..4) > 0 {
            return Some((rng.usize(..160), cut));
        }
        let at = self.now + ms(rng.u64(..30_000));
        self.schedule(at, Due::Cut(number));
        Some((usize::MAX, cut))
    }

    pub(super) fn cut(&mut self, number: usize) {
        let link = &mut self.attempts[number].link;
        link.cut = link.cut.map(|(_, cut)| (link.carried, cut));
        self.carry(number);
    }

    /// Writes the events that are there.
    pub(super) fn serve(&mut self, number: usize) {
        let attempt = &mut self.attempts[number];
        if !attempt.is_served {
            return;
        }
        let (from, available) = (attempt.next, self.log.len_at(self.now));
        while attempt.next < available && attempt.events != Some(0) {
            attempt.next += 1;
            self.story.tell(self.now, "server", || format!("writes event {} on {number}", attempt.next));
            Server::write_event(&mut self.rng, &self.log, attempt.next - 1, &mut attempt.stream);
            attempt.events = attempt.events.map(|events| events - 1);
        }
        // That a client is gone, a server hears when it writes to it.
        let is_gone = self.client.attempt != Some(number) && attempt.next > from;
        if is_gone || attempt.events == Some(0) || (self.server.ends && attempt.next == self.log.len()) {
            self.story.tell(self.now, "server", || format!("ends stream {number}"));
            attempt.is_served = false;
        }
        self.carry(number);
    }

    pub(super) fn keep_alive(&mut self, number: usize) {
        let attempt = &mut self.attempts[number];
        let is_heard = attempt.is_served && self.client.attempt == Some(number);
        if let Some(time) = self.server.keep_alive.filter(|_| is_heard) {
            Server::write_comment(&mut attempt.stream);
            self.carry(number);
            self.schedule(self.now + time, Due::KeepAlive(number));
        }
    }

    fn carry(&mut self, number: usize) {
        let Attempt { link, stream, is_served, .. } = &mut self.attempts[number];
        let written = stream.bytes.len();
        let is_cut = link.carry(self.now, (written, !*is_served), &mut self.rng, &self.faults, |at, parcel| {
            let arrival = match parcel {
                Parcel::Bytes(until) => Arrival::Bytes(until),
                Parcel::End(End::Eof) => Arrival::Eof,
                Parcel::End(_) => Arrival::Break,
            };
            self.scheduled += 1;
            self.due.push(Reverse((at, self.scheduled, Due::Client(number, arrival))));
        });
        if let Some(cut) = is_cut {
            self.story.tell(self.now, "network", || format!("{cut:?} of {number} behind byte {}", link.carried));
        }
    }
}
