//! The last blocks of a stream, once for all who read it.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::watch;

/// A bounded, numbered sequence of encoded blocks. A reader is a position in it and a waker, never a queue of its own:
/// replay and live are the same read, so there is no moment between them in which a block could be lost or doubled.
pub(super) struct Log {
    capacity: usize,
    ring: Mutex<Ring>,
    next: watch::Sender<u64>,
}

struct Ring {
    /// The position of the oldest block held.
    first: u64,
    blocks: VecDeque<Bytes>,
}

impl Ring {
    fn next(&self) -> u64 {
        self.first + self.blocks.len() as u64
    }
}

/// What is at a position.
#[derive(Debug, PartialEq)]
pub(super) enum Read {
    Block(Bytes),
    /// It is no longer held; `first` is the oldest position that is (or will be, when nothing is).
    Behind {
        first: u64,
    },
    /// It is not written yet: wait for [`Log::news`].
    NotYet,
}

impl Log {
    /// An empty log of at most `capacity` blocks (at least one), the first of which will be at position `first`.
    pub(super) fn new(capacity: usize, first: u64) -> Self {
        Self {
            capacity: capacity.max(1),
            ring: Mutex::new(Ring { first, blocks: VecDeque::new() }),
            next: watch::Sender::new(first),
        }
    }

    /// Writes `block` at [`next`](Self::next), forgets the oldest if the log is full and wakes all readers.
    pub(super) fn append(&self, block: Bytes) {
        let mut ring = self.ring();
        if ring.blocks.len() == self.capacity {
            ring.blocks.pop_front();
            ring.first += 1;
        }
        ring.blocks.push_back(block);
        self.next.send_replace(ring.next());
    }

    /// Leaves out the positions below `position`: they read as no longer held.
    pub(super) fn skip_to(&self, position: u64) {
        let mut ring = self.ring();
        if position > ring.next() {
            ring.blocks.clear();
            ring.first = position;
            self.next.send_replace(position);
        }
    }

    /// The position that is written next.
    pub(super) fn next(&self) -> u64 {
        self.ring().next()
    }

    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    /// The oldest position held.
    pub(super) fn first(&self) -> u64 {
        self.ring().first
    }

    pub(super) fn read(&self, position: u64) -> Read {
        let ring = self.ring();
        let Some(index) = position.checked_sub(ring.first) else {
            return Read::Behind { first: ring.first };
        };
        let block = usize::try_from(index).ok().and_then(|index| ring.blocks.get(index));
        block.cloned().map_or(Read::NotYet, Read::Block)
    }

    /// Changes with each [`append`](Self::append).
    pub(super) fn news(&self) -> watch::Receiver<u64> {
        self.next.subscribe()
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        // No panic can happen while it is held.
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_the_newest_blocks() {
        let log = Log::new(2, 10);
        assert_eq!(log.read(10), Read::NotYet);
        for block in ["a", "b", "c"] {
            log.append(Bytes::from_static(block.as_bytes()));
        }
        assert_eq!((log.first(), log.next()), (11, 13));
        assert_eq!(log.read(0), Read::Behind { first: 11 });
        assert_eq!(log.read(10), Read::Behind { first: 11 });
        assert_eq!(log.read(11), Read::Block("b".into()));
        assert_eq!(log.read(12), Read::Block("c".into()));
        assert_eq!(log.read(13), Read::NotYet);
        assert_eq!(log.read(u64::MAX), Read::NotYet);
    }

    #[test]
    fn skipping_forgets_and_never_goes_back() {
        let log = Log::new(2, 10);
        log.append("a".into());
        log.skip_to(5);
        log.skip_to(11);
        assert_eq!(log.read(10), Read::Block("a".into()));
        log.skip_to(20);
        assert_eq!(log.read(10), Read::Behind { first: 20 });
        log.append("b".into());
        assert_eq!(log.read(20), Read::Block("b".into()));
    }
}
