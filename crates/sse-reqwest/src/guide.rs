//! Guides: a page for each use.

#[doc = include_str!("guide/language_models.md")]
pub mod language_models {}
