//! Accounts, their sessions and personal access tokens, and the epoch of their rights.

pub mod identities;
pub mod password_links;
pub mod personal_tokens;
pub mod sessions;
pub mod standing;
pub mod users;
