//! A chunk that several events share.
//!
//! As an `Arc`, but who gives the shares away, one after the other, has counted them all beforehand: an atomic operation
//! costs as much as all else that it takes to make a small event.
#![allow(unsafe_code)]

use core::ops::Deref;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicUsize, Ordering};

use alloc::boxed::Box;
use bytes::Bytes;

/// Shares of a chunk, one at least.
pub(super) struct Shares {
    /// From a `Box`, which is there as long as there are shares.
    counted: NonNull<Counted>,
    /// How many of the count are these.
    held: usize,
}

struct Counted {
    count: AtomicUsize,
    chunk: Bytes,
}

/// Above this the count is not added to, so that it cannot overflow: for that there would have to be as many threads,
/// each having added a share and not taken it back yet.
const MANY: usize = usize::MAX / 2;

impl Shares {
    /// As many as there are bytes, since each event takes some of them; and one.
    pub(super) fn new(chunk: Bytes) -> Self {
        let held = chunk.len() + 1;
        let counted = Box::new(Counted { count: AtomicUsize::new(held), chunk });
        Self { counted: NonNull::from(Box::leak(counted)), held }
    }

    /// Gives one away.
    #[inline]
    pub(super) fn give(&mut self) -> Self {
        if self.held == 1 {
            return self.clone(); // as the input is one, which counts one by one
        }
        self.held -= 1;
        Self { counted: self.counted, held: 1 }
    }

    #[inline]
    fn counted(&self) -> &Counted {
        // SAFETY: it is there, as it has at least the shares that are held here; and nobody may change it.
        unsafe { self.counted.as_ref() }
    }

    /// By value: what a function is given by reference must be in memory, and an event's share is best left in registers.
    ///
    /// # Safety
    ///
    /// There is no share any more, so that this can be for one of them only.
    #[cold]
    #[inline(never)]
    unsafe fn end(counted: NonNull<Counted>) {
        // A fence would do, but ThreadSanitizer, which users may run, does not know fences.
        // SAFETY: it is there until the end of this function, which nobody else calls.
        unsafe { counted.as_ref() }.count.load(Ordering::Acquire);
        // SAFETY: it is from a `Box`, and nobody else has it.
        drop(unsafe { Box::from_raw(counted.as_ptr()) });
    }
}

// SAFETY: what it lets be had is a `&Bytes`, which all threads may have and the last one may drop; the count is atomic.
unsafe impl Send for Shares {}
// SAFETY: as above.
unsafe impl Sync for Shares {}

/// One share more.
impl Clone for Shares {
    // In line it is in the way of what is done for each event.
    #[inline(never)]
    fn clone(&self) -> Self {
        let Counted { count, chunk } = self.counted();
        // Who has a share may make another one without looking at what else has been done.
        if count.fetch_add(1, Ordering::Relaxed) > MANY {
            // Not the last one: there are those that are held here.
            count.fetch_sub(1, Ordering::Relaxed);
            return Self::new(chunk.clone());
        }
        Self { counted: self.counted, held: 1 }
    }
}

impl Drop for Shares {
    #[inline]
    fn drop(&mut self) {
        // All that was done with these shares comes before the end of the chunk, whoever brings that about.
        if self.counted().count.fetch_sub(self.held, Ordering::Release) == self.held {
            // SAFETY: these were the last ones: a new one is made only by who has another.
            unsafe { Self::end(self.counted) };
        }
    }
}

impl Deref for Shares {
    type Target = Bytes;

    #[inline]
    fn deref(&self) -> &Bytes {
        &self.counted().chunk
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::sync::Arc;
    use std::vec::Vec;
    use std::{iter, thread};

    use super::*;

    /// Bytes, and who knows how often their memory is held.
    fn lent(text: &'static str) -> (Bytes, Arc<str>) {
        struct Lent(Arc<str>);
        impl AsRef<[u8]> for Lent {
            fn as_ref(&self) -> &[u8] {
                self.0.as_bytes()
            }
        }
        let text: Arc<str> = text.into();
        (Bytes::from_owner(Lent(Arc::clone(&text))), text)
    }

    #[test]
    fn the_chunk_ends_with_its_last_share() {
        for text in ["", "a", "abc"] {
            let (chunk, owner) = lent(text);
            let mut shares = Shares::new(chunk);
            // More of them than have been counted.
            let mut given: Vec<_> = iter::repeat_with(|| shares.give()).take(3 + text.len()).collect();
            given.extend(given.clone());
            given.insert(text.len(), shares);
            assert!(given.iter().all(|share| **share == text));
            // The first that was given, the last, those in between.
            given.rotate_left(1);
            while given.pop().is_some() {
                assert_eq!(Arc::strong_count(&owner), 1 + usize::from(!given.is_empty()));
            }
        }
    }

    #[test]
    fn the_count_does_not_overflow() {
        let (chunk, owner) = lent("abc");
        let shares = Shares::new(chunk);
        let count = &shares.counted().count;
        assert!(MANY > u32::MAX as usize / 4);
        // As if so many had been forgotten that one more may be counted.
        count.store(MANY, Ordering::Relaxed);
        drop(shares.clone());
        let last = shares.clone();
        assert_eq!((last.counted, count.load(Ordering::Relaxed)), (shares.counted, MANY + 1));
        let other = shares.clone();
        assert_eq!((&**other, count.load(Ordering::Relaxed)), (&b"abc"[..], MANY + 1));
        assert_ne!(other.counted, shares.counted);
        // They share the memory itself.
        drop(other);
        assert_eq!(Arc::strong_count(&owner), 2);
        count.store(shares.held + last.held, Ordering::Relaxed);
        drop((shares, last));
        assert_eq!(Arc::strong_count(&owner), 1);
    }

    #[test]
    fn threads_may_share() {
        let (chunk, owner) = lent("abcdefghijklmnopqrstuvwxyz");
        let mut shares = Shares::new(chunk);
        let threads: Vec<_> = iter::repeat_with(|| {
            let mut share = shares.give();
            thread::spawn(move || {
                for _ in 0..50 {
                    assert_eq!(share.give().len(), 26);
                }
            })
        })
        .take(4)
        .collect();
        drop(shares);
        assert!(threads.into_iter().all(|thread| thread.join().is_ok()));
        assert_eq!(Arc::strong_count(&owner), 1);
    }
}
