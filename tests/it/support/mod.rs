//! Shared test support.

mod app;
pub mod catalogue;
mod client;
pub mod cluster;
pub mod command;
pub mod consistency;
pub mod damage;
pub mod database;
pub mod declared;
pub mod disk;
pub mod events;
pub mod fixtures;
pub mod generate;
pub mod operations;
pub mod packing;
pub mod proxy;
pub mod pure;
pub mod raw;
pub mod recount;
pub mod server;
pub mod websocket;

pub use app::{SECRET, TestApp, envelope, token, token_of};
pub use client::{Client, Reply};

/// Runs a test on `SQLite` and on `PostgreSQL`, each with a database of its own.
#[macro_export]
macro_rules! on_both_databases {
    ($( $(#[$attribute:meta])* async fn $name:ident($app:ident: TestApp) $body:block )*) => {
        $(
            $(#[$attribute])*
            mod $name {
                #[allow(unused_imports)]
                use super::*;

                async fn body($app: $crate::support::TestApp) $body

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn sqlite() {
                    body($crate::support::TestApp::sqlite().await).await;
                }

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn postgres() {
                    body($crate::support::TestApp::postgres().await).await;
                }
            }
        )*
    };
}
