//! Guides: a page for each use.

#[doc = include_str!("guide/language_models.md")]
pub mod language_models {}

#[doc = include_str!("guide/like_a_browser.md")]
pub mod like_a_browser {}

#[doc = include_str!("guide/mcp.md")]
pub mod mcp {}

#[doc = include_str!("guide/feature_flags.md")]
pub mod feature_flags {}

#[doc = include_str!("guide/migration.md")]
pub mod migration {}
