//! The laws, each by what must be so, and not by how a session does it.

pub(crate) mod delivery;
pub(crate) mod knowledge;
pub(crate) mod patience;
