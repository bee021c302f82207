//! A heap of fixed size that knows how full it was.

use core::alloc::{GlobalAlloc, Layout};
use core::sync::atomic::{AtomicUsize, Ordering};

use embedded_alloc::LlffHeap;

const SIZE: usize = 2 * 1024;

#[global_allocator]
static HEAP: Heap = Heap { inner: LlffHeap::empty(), peak: AtomicUsize::new(0) };

struct Heap {
    inner: LlffHeap,
    peak: AtomicUsize,
}

/// To be called once, before anything is allocated.
pub fn init() {
    if let Some(memory) = cortex_m::singleton!(MEMORY: [u8; SIZE] = [0; SIZE]) {
        // SAFETY: the memory is valid for ever and nobody else's, since it can be taken once.
        unsafe { HEAP.inner.init(memory.as_mut_ptr().addr(), SIZE) }
    }
}

/// Bytes that were in use at the most.
pub fn peak() -> usize {
    HEAP.peak.load(Ordering::Relaxed)
}

// SAFETY: each call goes to the heap unchanged.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise is passed on.
        let memory = unsafe { self.inner.alloc(layout) };
        self.peak.fetch_max(self.inner.used(), Ordering::Relaxed);
        memory
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { self.inner.dealloc(memory, layout) }
    }
}
