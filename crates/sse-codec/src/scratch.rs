//! Where a decoder keeps what it cannot lend from the chunk.

/// The buffer cannot hold more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

mod sealed {
    use super::Full;

    pub trait Sealed {}
    #[cfg(feature = "alloc")]
    impl Sealed for super::GrowingBuf {}
    impl Sealed for super::FixedBuf<'_> {}

    /// A buffer of text, beside one of bytes.
    pub trait Text {
        fn as_str(&self) -> &str;
        fn push(&mut self, text: &str) -> Result<(), Full>;
        /// Takes `text` in place of all there is, or leaves that if it does not fit.
        fn replace(&mut self, text: &str) -> Result<(), Full>;
        fn truncate(&mut self, len: usize);
        fn remove_front(&mut self, len: usize);
        fn capacity(&self) -> usize;
        fn relax(&mut self);
    }
}
pub(crate) use sealed::Text;

/// A buffer of a [`Decoder`](crate::Decoder): `GrowingBuf`, or [`FixedBuf`], which does not grow.
///
/// Sealed: the methods are the decoder's business and may change.
pub trait Scratch: sealed::Sealed {
    #[doc(hidden)]
    type Text: Text;
    #[doc(hidden)]
    fn bytes(&self) -> &[u8];
    #[doc(hidden)]
    fn bytes_mut(&mut self) -> &mut [u8];
    /// What is free behind the bytes: so many or more.
    #[doc(hidden)]
    fn free(&mut self, len: usize) -> Result<&mut [u8], Full>;
    /// So many of the free bytes have been written.
    #[doc(hidden)]
    fn extend(&mut self, len: usize);
    #[doc(hidden)]
    fn truncate(&mut self, len: usize);
    #[doc(hidden)]
    fn capacity(&self) -> usize;
    /// Gives back what a large event needed.
    #[doc(hidden)]
    fn relax(&mut self);

    #[doc(hidden)]
    fn push(&mut self, bytes: &[u8]) -> Result<(), Full>;

    /// Appends a byte, if it is free without more ado.
    #[doc(hidden)]
    fn push_byte(&mut self, byte: u8) -> bool;

    #[doc(hidden)]
    fn push_from_within(&mut self, part: core::ops::Range<usize>) -> Result<(), Full> {
        let (to, len) = (self.bytes().len(), part.len());
        self.free(len)?;
        self.extend(len);
        self.bytes_mut().copy_within(part, to);
        Ok(())
    }
}

/// What the emptied buffer of events keeps: enough that even events of 64 KiB seldom allocate.
#[cfg(feature = "alloc")]
const RETAINED: usize = 256 * 1024;

/// What the buffers of types and ids keep.
#[cfg(feature = "alloc")]
const RETAINED_TEXT: usize = 4 * 1024;

/// What is made ready for short pieces, so that appending one is seldom more than writing it.
#[cfg(feature = "alloc")]
const READY: usize = 256;

/// A decoder's buffer that grows, and gives back what a large event needed.
#[cfg(feature = "alloc")]
#[derive(Debug)]
pub struct GrowingBuf {
    /// What it holds, and behind that what can be written over.
    memory: alloc::vec::Vec<u8>,
    len: usize,
}

#[cfg(feature = "alloc")]
impl GrowingBuf {
    pub(crate) const fn new() -> Self {
        Self { memory: alloc::vec::Vec::new(), len: 0 }
    }

    /// Room for so many more bytes, as a part of the vector: so much that this is seldom.
    #[cold]
    #[inline(never)]
    fn fill(&mut self, len: usize) -> Result<(), Full> {
        // Memory that is not to be had is an error of this one event, not the end of the process.
        self.memory.try_reserve(self.len + len - self.memory.len()).map_err(|_| Full)?;
        self.memory.resize(self.memory.capacity(), 0);
        Ok(())
    }

    /// Appends to the vector: what is written at once need not be filled before.
    #[cold]
    #[inline(never)]
    fn append(&mut self, bytes: &[u8]) -> Result<(), Full> {
        self.memory.truncate(self.len);
        self.memory.try_reserve(bytes.len()).map_err(|_| Full)?;
        self.memory.extend_from_slice(bytes);
        // Behind a short piece there are others: a little is made ready for them.
        if bytes.len() < READY {
            self.memory.resize(self.memory.capacity().min(self.memory.len() + READY), 0);
        }
        Ok(())
    }
}

#[cfg(feature = "alloc")]
impl Scratch for GrowingBuf {
    type Text = alloc::string::String;

    #[inline]
    fn bytes(&self) -> &[u8] {
        self.memory.get(..self.len).unwrap_or_default()
    }

    #[inline]
    fn bytes_mut(&mut self) -> &mut [u8] {
        self.memory.get_mut(..self.len).unwrap_or_default()
    }

    #[inline]
    fn free(&mut self, len: usize) -> Result<&mut [u8], Full> {
        if self.memory.len() - self.len < len {
            self.fill(len)?;
        }
        Ok(self.memory.get_mut(self.len..).unwrap_or_default())
    }

    #[inline]
    fn extend(&mut self, len: usize) {
        self.len += len;
    }

    #[inline]
    fn push(&mut self, bytes: &[u8]) -> Result<(), Full> {
        match self.memory.get_mut(self.len..self.len + bytes.len()) {
            Some([free]) => *free = bytes[0],
            Some(free) => free.copy_from_slice(bytes),
            None => self.append(bytes)?,
        }
        self.len += bytes.len();
        Ok(())
    }

    #[inline]
    fn push_byte(&mut self, byte: u8) -> bool {
        let Some(free) = self.memory.get_mut(self.len) else { return false };
        *free = byte;
        self.len += 1;
        true
    }

    #[inline]
    fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    fn capacity(&self) -> usize {
        self.memory.capacity()
    }

    #[inline]
    fn relax(&mut self) {
        if self.memory.capacity() > RETAINED {
            self.memory.truncate(RETAINED.max(self.len));
            self.memory.shrink_to(RETAINED);
        }
    }
}

#[cfg(feature = "alloc")]
impl Text for alloc::string::String {
    #[inline]
    fn as_str(&self) -> &str {
        self
    }

    #[inline]
    fn push(&mut self, text: &str) -> Result<(), Full> {
        self.try_reserve(text.len()).map_err(|_| Full)?;
        self.push_str(text);
        Ok(())
    }

    #[inline]
    fn replace(&mut self, text: &str) -> Result<(), Full> {
        if text.len() > self.capacity() {
            self.try_reserve(text.len()).map_err(|_| Full)?;
        }
        self.clear();
        self.push_str(text);
        Ok(())
    }

    #[inline]
    fn truncate(&mut self, len: usize) {
        self.truncate(len);
    }

    fn remove_front(&mut self, len: usize) {
        self.drain(..len);
    }

    fn capacity(&self) -> usize {
        self.capacity()
    }

    #[inline]
    fn relax(&mut self) {
        if self.capacity() > RETAINED_TEXT {
            self.shrink_to(RETAINED_TEXT);
        }
    }
}

/// A caller's slice as a decoder's buffer, for use without `alloc`.
#[derive(Debug)]
pub struct FixedBuf<'a> {
    slice: &'a mut [u8],
    len: usize,
}

impl<'a> FixedBuf<'a> {
    pub(crate) fn new(slice: &'a mut [u8]) -> Self {
        Self { slice, len: 0 }
    }
}

impl<'a> Scratch for FixedBuf<'a> {
    type Text = FixedText<'a>;

    fn bytes(&self) -> &[u8] {
        &self.slice[..self.len]
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.slice[..self.len]
    }

    fn free(&mut self, len: usize) -> Result<&mut [u8], Full> {
        let free = &mut self.slice[self.len..];
        if free.len() < len { Err(Full) } else { Ok(free) }
    }

    fn extend(&mut self, len: usize) {
        self.len += len;
    }

    fn push(&mut self, bytes: &[u8]) -> Result<(), Full> {
        let free = self.slice[self.len..].get_mut(..bytes.len()).ok_or(Full)?;
        free.copy_from_slice(bytes);
        self.len += bytes.len();
        Ok(())
    }

    fn push_byte(&mut self, byte: u8) -> bool {
        self.push(&[byte]).is_ok()
    }

    fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    fn capacity(&self) -> usize {
        self.slice.len()
    }

    fn relax(&mut self) {}
}

/// Text in a caller's slice.
#[derive(Debug)]
pub struct FixedText<'a>(FixedBuf<'a>);

impl<'a> FixedText<'a> {
    pub(crate) fn new(slice: &'a mut [u8]) -> Self {
        Self(FixedBuf::new(slice))
    }
}

impl Text for FixedText<'_> {
    fn as_str(&self) -> &str {
        // Only text is ever pushed; looking at it again keeps this free of `unsafe`, and it is short.
        core::str::from_utf8(self.0.bytes()).unwrap_or_default()
    }

    fn push(&mut self, text: &str) -> Result<(), Full> {
        self.0.push(text.as_bytes())
    }

    fn replace(&mut self, text: &str) -> Result<(), Full> {
        if text.len() > self.0.capacity() {
            return Err(Full);
        }
        self.0.truncate(0);
        self.0.push(text.as_bytes())
    }

    fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }

    fn remove_front(&mut self, len: usize) {
        self.0.bytes_mut().copy_within(len.., 0);
        self.0.truncate(self.0.bytes().len() - len);
    }

    fn capacity(&self) -> usize {
        self.0.capacity()
    }

    fn relax(&mut self) {}
}
