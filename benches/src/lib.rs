//! The peers, each behind one function, and the floors that no decoder can pass.
//!
//! What they are measured on, and our own codec, are in [`subject`].

pub mod decoders;
pub mod encoders;
pub mod floors;
